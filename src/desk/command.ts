import type { CommandHead } from "../chat/command-head.ts";
import type { Reply } from "../chat/surface.ts";
import { ROLES, type Role } from "../policy/rules/schema.ts";
import type { DeskApi } from "./api.ts";

/** Someone the desk knows, on the surface where the command was typed. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly surface: string;
  /** The delivery they ask with: what it starts is started once, also where it is taken up again after a crash. */
  readonly request?: string;
}

/**
 * Who may read the desk's book, orders and rules, and say yes or no to a plan, which the policy then counts or not: whoever
 * holds a role. A person without one has left, or waits for others to give it.
 */
export const READING: readonly Role[] = ROLES;

/** Lists that a word may be completed from. */
export type Completion =
  | "accounts"
  | "assets"
  | "incidents"
  | "playbooks"
  | "people"
  | "scopes"
  | "recordings"
  | "runs"
  | "open orders"
  | "commands"
  | "resolutions";

/** The declarative part of a command: menus, help, completion and permission all come from it. */
export interface DeskCommandHead extends CommandHead {
  /** Who may call it: any of these roles; empty for everyone who is known here. */
  readonly needs: readonly Role[];
  /** Where an argument's words come from, by argument name. */
  readonly complete?: Readonly<Record<string, Completion>>;
  /** One line that works, for help. */
  readonly example: string;
}

/** Everything a command is given. */
export interface CommandContext {
  readonly person: Person;
  readonly desk: DeskApi;
  /** Values by argument name; required ones are there. */
  readonly args: Readonly<Record<string, string>>;
}

/** One slash command: what it says of itself and what it does. */
export interface DeskCommand {
  readonly head: DeskCommandHead;
  readonly run: (context: CommandContext) => Promise<Reply>;
}

/**
 * Defines a command; the default export of a file in `commands/`.
 * @example
 * export default command(
 *   { name: "whoami", summary: "Who the desk thinks you are", args: [], needs: [], example: "/whoami" },
 *   async ({ person }) => ({ ok: true, text: `${person.name}: ${person.roles.join(", ")}` }),
 * );
 */
export const command = (head: DeskCommandHead, run: DeskCommand["run"]): DeskCommand => ({ head, run });
