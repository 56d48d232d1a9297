import { readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type AnyPlaybook } from "./engine/playbook.ts";
import type { DeskCommand } from "./desk/command.ts";

/** The default exports of a folder's modules beside `src/`: TypeScript in development, JavaScript when built. */
async function load<T>(folder: string): Promise<T[]> {
  const directory = path.resolve(import.meta.dirname, "..", folder);
  const files = readdirSync(directory)
    .filter((name) => /\.(ts|js)$/.test(name) && !name.endsWith(".d.ts"))
    .sort();
  return Promise.all(
    files.map(
      async (name) => ((await import(pathToFileURL(path.join(directory, name)).href)) as { default: T }).default,
    ),
  );
}

/** Every command in `commands/`, by file name. */
export const loadCommands = (): Promise<DeskCommand[]> => load<DeskCommand>("commands");

/** Every playbook in `playbooks/`, by file name. */
export const loadPlaybooks = (): Promise<AnyPlaybook[]> => load<AnyPlaybook>("playbooks");
