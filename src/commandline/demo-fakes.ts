import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Config } from "../config.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";

/** What somebody was told privately after a press. */
export interface Told {
  readonly pressed: boolean;
  readonly text: string;
}

/** What the demo uses of the simulated workspaces, which live beside the tests. */
export interface Fakes {
  readonly slack: {
    readonly desk: {
      readonly messages: readonly {
        readonly ts: string;
        readonly channel: string;
        readonly text: string;
        readonly blocks: readonly Readonly<Record<string, unknown>>[];
        readonly thread_ts?: string;
      }[];
      readonly faults: readonly string[];
    };
  };
  readonly discord: {
    readonly guild: {
      readonly messages: readonly {
        readonly id: string;
        readonly channel: string;
        readonly body: Readonly<Record<string, unknown>>;
      }[];
      readonly faults: readonly string[];
    };
  };
  readonly environment: Readonly<Record<string, string>>;
  readonly channels: { readonly slack: readonly string[]; readonly discord: readonly string[] };
  readonly spaces: { readonly slack: string; readonly discord: string };
  pressOnSlack(user: string, action: string): Promise<Told>;
  pressOnDiscord(user: string, action: string): Promise<Told>;
  close(): Promise<void>;
}

/** A person's accounts in the simulated workspaces. */
interface Accounts {
  readonly slack: string;
  readonly discord: string;
}

/** Accounts by person, in the order of the desk's people. */
const ACCOUNTS: readonly Accounts[] = [
  { slack: "U0ANA", discord: "930000000000000001" },
  { slack: "U0BO", discord: "930000000000000002" },
  { slack: "U0CY", discord: "930000000000000003" },
];

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
export function routedTo(fakes: Fakes, config: Config): Config {
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
