import { existsSync } from "node:fs";
import path from "node:path";

/** The folder whose database is read: the named one, else the desk's, else what the demo left. */
export function readingHome(env: NodeJS.ProcessEnv): string {
  if (env["BREAKWATER_HOME"]) return path.resolve(env["BREAKWATER_HOME"]);
  const [desk, demo] = [path.resolve(".breakwater"), path.resolve(".breakwater", "demo")];
  return existsSync(path.join(demo, "keys")) && !existsSync(path.join(desk, "keys")) ? demo : desk;
}
