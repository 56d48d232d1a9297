import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { z } from "zod";

const lockShape = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      /** Need not be installed: built for another system, or for developing alone. */
      optional: z.boolean().optional(),
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      peer: z.boolean().optional(),
      link: z.boolean().optional(),
    }),
  ),
});
type Packages = z.infer<typeof lockShape>["packages"];

/** The libraries beside the program, compared with its lock file. */
export interface Libraries {
  readonly checked: number;
  /** What is not as the lock file has it, one short clause each; empty where all is. */
  readonly strays: readonly string[];
}

/** Packages between two rests, a few milliseconds. */
const STRETCH = 20;

const packagesOf = (file: string): Packages | null =>
  existsSync(file) ? lockShape.parse(JSON.parse(readFileSync(file, "utf8"))).packages : null;

/** The version that a package says it has; null where it is not there. */
function versionAt(folder: string): string | null {
  const file = path.join(folder, "package.json");
  if (!existsSync(file)) return null;
  const said = z.object({ version: z.string() }).safeParse(JSON.parse(readFileSync(file, "utf8")));
  return said.success ? said.data.version : "without a version";
}

/** Packages that lie in a `node_modules`, by the path that a lock file gives them. */
function lyingIn(root: string, folder: string): readonly string[] {
  if (!existsSync(path.join(root, folder))) return [];
  const within = (one: string): readonly string[] =>
    readdirSync(path.join(root, one)).filter((name) => !name.startsWith("."));
  return within(folder).flatMap((name) =>
    name.startsWith("@")
      ? within(`${folder}/${name}`).map((inner) => `${folder}/${name}/${inner}`)
      : `${folder}/${name}`,
  );
}

/**
 * Compares the libraries with `package-lock.json`: each has the version of the lock file and came, by npm's own record of
 * the installation, from the bytes that it names; none lies there that it does not name. Files that were changed in place
 * afterwards are not seen. Null where there is no lock file, as in a package from the registry.
 * @param root the program's folder
 */
export async function compareLibraries(root: string): Promise<Libraries | null> {
  const locked = packagesOf(path.join(root, "package-lock.json"));
  if (locked === null) return null;
  const installed = packagesOf(path.join(root, "node_modules/.package-lock.json"));
  if (installed === null) return { checked: 0, strays: ["npm left no record of what it installed"] };
  const strays: string[] = [];
  let checked = 0;
  const named = Object.entries(locked).filter(([folder, one]) => folder !== "" && one.link !== true);
  for (const [index, [folder, one]] of named.entries()) {
    if (index % STRETCH === 0) await setImmediate();
    const name = folder.replace("node_modules/", "");
    const version = versionAt(path.join(root, folder));
    if (version === null) {
      const spare = [one.optional, one.dev, one.devOptional, one.peer].includes(true);
      if (!spare) strays.push(`${name} is missing`);
      continue;
    }
    checked += 1;
    if (version !== one.version) strays.push(`${name} is ${version} instead of ${one.version}`);
    else if (installed[folder]?.integrity !== one.integrity) strays.push(`${name} was installed from other bytes`);
  }
  const folders = ["node_modules", ...named.map(([folder]) => `${folder}/node_modules`)];
  for (const folder of folders.flatMap((one) => lyingIn(root, one)))
    if (locked[folder] === undefined) strays.push(`${folder.replace("node_modules/", "")} is in no lock file`);
  return { checked, strays };
}
