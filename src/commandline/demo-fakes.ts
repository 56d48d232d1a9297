import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Config } from "../config.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";

/** What came of a deed: what the person was told privately, or the form that opened instead. */
export interface Told {
  readonly pressed: boolean;
  readonly text: string;
  readonly form?: string;
}

/** One simulated platform as people have it under their hands; a person is an account of that platform. */
interface Hands {
  press(user: string, action: string): Promise<Told>;
  submit(user: string, form: string, fields: Readonly<Record<string, string>>): Promise<Told>;
  type(user: string, line: string): Promise<Told>;
}

/** Something of a platform's own JSON. */
export type Bag = Readonly<Record<string, unknown>>;

/** What the demo uses of the simulated workspaces, which live beside the tests. */
export interface Fakes {
  readonly slack: {
    readonly desk: {
      readonly messages: readonly {
        readonly ts: string;
        readonly channel: string;
        readonly text: string;
        readonly blocks: readonly Bag[];
        readonly thread_ts?: string;
      }[];
      readonly files: readonly {
        readonly channel: string;
        readonly thread: string;
        readonly name: string;
        readonly bytes: Buffer;
      }[];
      readonly ephemerals: readonly {
        readonly user: string;
        readonly text: string;
        readonly blocks: readonly unknown[];
      }[];
      readonly views: readonly { readonly view: Bag }[];
      readonly faults: readonly string[];
    };
  };
  readonly discord: {
    readonly guild: {
      readonly messages: readonly {
        readonly id: string;
        readonly channel: string;
        readonly body: Bag;
        readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
      }[];
      readonly answers: readonly {
        readonly token: string;
        readonly user: string;
        readonly content: string;
        readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
      }[];
      readonly callbacks: readonly Bag[];
      readonly commands: readonly unknown[];
      readonly faults: readonly string[];
    };
  };
  readonly hands: { readonly slack: Hands; readonly discord: Hands };
  readonly environment: Readonly<Record<string, string>>;
  readonly channels: { readonly slack: readonly string[]; readonly discord: readonly string[] };
  readonly spaces: { readonly slack: string; readonly discord: string };
  close(): Promise<void>;
}

/** A person's accounts in the simulated workspaces. */
export interface Accounts {
  readonly slack: string;
  readonly discord: string;
}

/** Accounts by person, in the order of the desk's people. */
const ACCOUNTS: readonly Accounts[] = [
  { slack: "U0ANA", discord: "930000000000000001" },
  { slack: "U0BO", discord: "930000000000000002" },
  { slack: "U0CY", discord: "930000000000000003" },
  { slack: "U0DI", discord: "930000000000000004" },
];

/** Somebody of both workspaces whose accounts are linked to nobody: may read cards, and type /link. */
export const UNLINKED: Accounts = { slack: "U0NEW", discord: "930000000000000009" };

/** Who is who in the simulated workspaces. */
export const accountsOf = (config: Config): ReadonlyMap<string, Accounts> =>
  new Map(
    Object.keys(config.file.people).flatMap((person, at): [string, Accounts][] => {
      const accounts = ACCOUNTS[at];
      return accounts ? [[person, accounts]] : [];
    }),
  );

/**
 * Starts the simulated Slack and Discord on loopback.
 * @throws DeskError NOT_SUPPORTED where this installation does not have them
 */
export async function attachFakes(): Promise<Fakes> {
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = new URL(`../../test/fakes/attach.${ending}`, import.meta.url);
  const missing = (why: string, cause?: unknown): DeskError =>
    new DeskError(
      "NOT_SUPPORTED",
      `the simulated Slack and Discord are not in this installation (${why}); run the demo from a clone of the repository, or attach real workspaces as docs/slack.md and docs/discord.md say`,
      { cause },
    );
  if (!existsSync(fileURLToPath(file))) throw missing("they come with the sources");
  let module: { attachFakes(): Promise<Fakes> };
  try {
    module = (await import(file.href)) as typeof module;
  } catch (error) {
    throw missing(messageOf(error).split("\n")[0] ?? "", error);
  }
  return module.attachFakes();
}

/** The environment for the simulated workspaces: nothing of real ones is left in it. */
export const environmentOf = (fakes: Fakes, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !/^(SLACK|DISCORD)_/.test(name))),
  ...fakes.environment,
});

/** The desk with every card routed to the simulated channels, and its people linked to accounts there. */
export function routedTo(fakes: Pick<Fakes, "channels" | "spaces">, config: Config): Config {
  const accounts = accountsOf(config);
  const people = Object.fromEntries(
    Object.entries(config.file.people).map(([id, person]) => {
      const own = accounts.get(id);
      return [id, own ? { ...person, slack: `${fakes.spaces.slack}/${own.slack}`, discord: own.discord } : person];
    }),
  );
  const routes = [{ match: {}, slack: [...fakes.channels.slack], discord: [...fakes.channels.discord] }];
  return { ...config, file: { ...config.file, people, routes } };
}
