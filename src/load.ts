import { readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type AnyPlaybook } from "./engine/playbook.ts";
import type { DeskCommand } from "./desk/command.ts";
import { DeskError } from "./kernel/errors.ts";

/**
 * The default exports of a folder's modules beside `src/`: TypeScript in development, JavaScript when built.
 * @throws DeskError PLAYBOOK_INVALID where a file exports nothing by default, or its head does not have the file's name
 */
export async function loadFolder<T extends { readonly head: { readonly name: string } }>(
  directory: string,
): Promise<T[]> {
  const files = readdirSync(directory)
    .filter((name) => /\.(ts|js)$/.test(name) && !name.endsWith(".d.ts"))
    .sort();
  return Promise.all(
    files.map(async (file) => {
      const { default: found } = (await import(pathToFileURL(path.join(directory, file)).href)) as { default?: T };
      const where = path.join(path.basename(directory), file);
      const stem = path.parse(file).name;
      if (found?.head === undefined)
        throw new DeskError(
          "PLAYBOOK_INVALID",
          `${where} exports no ${path.basename(directory) === "commands" ? "command" : "playbook"}; write export default before it`,
        );
      if (found.head.name !== stem)
        throw new DeskError(
          "PLAYBOOK_INVALID",
          `${where} calls itself "${found.head.name}"; give the file and its head one name`,
        );
      return found;
    }),
  );
}

const beside = (folder: string): string => path.resolve(import.meta.dirname, "..", folder);

/** Every command in `commands/`, by file name. */
export const loadCommands = (): Promise<DeskCommand[]> => loadFolder<DeskCommand>(beside("commands"));

/** Every playbook in `playbooks/`, by file name. */
export const loadPlaybooks = (): Promise<AnyPlaybook[]> => loadFolder<AnyPlaybook>(beside("playbooks"));
