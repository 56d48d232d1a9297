import { readFileSync } from "node:fs";
import path from "node:path";
import { DeskError, messageOf } from "../kernel/errors.ts";
import { type KeyPart, isSealed, unseal } from "../kernel/sealed.ts";
import { Secret } from "../kernel/secret.ts";

/** Environment variables, each also as NAME_FILE; printed into the README's table. */
export const ENVIRONMENT = {
  DATABASE_URL: { about: "Postgres 15 or newer; the embedded one where absent", secret: true },
  BREAKWATER_HOME: { about: "Folder of the embedded database and files", default: "./.breakwater", secret: false },
  BREAKWATER_DESK: { about: "The desk's description", default: "./desk.yaml", secret: false },
  BREAKWATER_HTTP: { about: "Address of console, webhooks and metrics", default: "127.0.0.1:7070", secret: false },
  BREAKWATER_PUBLIC_URL: {
    about: "Address people open, where a proxy stands in front; name that in BREAKWATER_TRUSTED_PROXIES",
    secret: false,
  },
  BREAKWATER_TRUSTED_PROXIES: {
    about:
      "Addresses or networks of your proxies (127.0.0.1,10.0.0.0/8), whose X-Forwarded-For is believed; none where absent",
    secret: false,
  },
  BREAKWATER_SEAL_KEY: {
    about:
      "At least 32 characters that seal approvals; made under BREAKWATER_HOME where absent, needed where replicas share a database",
    secret: true,
  },
  BREAKWATER_SIGNER: {
    about: "Socket of a signer that runs as a user of its own (breakwater signer); the desk starts one where absent",
    secret: false,
  },
  BREAKWATER_KEYS_KEY: {
    about: "64 hexadecimal digits that open exchange keys sealed with breakwater keys seal",
    secret: true,
  },
  BREAKWATER_API_TOKEN: {
    about: "At least 32 characters with which other programs ask /api/frozen; refused to all where absent",
    secret: true,
  },
  BREAKWATER_CHECKPOINTS_TOKEN: { about: "Bearer token for the collector of ledger checkpoints", secret: true },
  OIDC_CLIENT_SECRET: { about: "Client secret of the OpenID provider that `oidc` in desk.yaml names", secret: true },
  BREAKWATER_LOG: { about: "trace, debug, info, warn or error", default: "info", secret: false },
  SLACK_BOT_TOKEN: { about: "Slack bot token (xoxb-…)", secret: true },
  SLACK_APP_TOKEN: { about: "Slack app token for Socket Mode (xapp-…)", secret: true },
  SLACK_SIGNING_SECRET: { about: "Slack signing secret, for HTTP instead of Socket Mode", secret: true },
  SLACK_API_URL: { about: "Slack's API, for tests", secret: false },
  DISCORD_TOKEN: { about: "Discord bot token", secret: true },
  DISCORD_APP_ID: { about: "Discord application id", secret: false },
  DISCORD_PUBLIC_KEY: { about: "Discord public key, for HTTP interactions instead of the gateway", secret: false },
  DISCORD_GUILD_ID: { about: "The one Discord server that is served", secret: false },
  DISCORD_API_URL: { about: "Discord's API, for tests", secret: false },
  PAGERDUTY_ROUTING_KEY: { about: "PagerDuty Events v2 routing key", secret: true },
  PAGERDUTY_URL: { about: "PagerDuty's events address", default: "https://events.pagerduty.com", secret: false },
  NTFY_TOPIC: { about: "ntfy topic that pages go to", secret: true },
  NTFY_URL: { about: "ntfy server", default: "https://ntfy.sh", secret: false },
  NATS_URL: {
    about:
      "NATS JetStream between feeds and detector workers, such as nats://user:password@host:4222; in process where absent",
    secret: true,
  },
} as const satisfies Record<string, { about: string; default?: string; secret: boolean }>;

export type VariableName = keyof typeof ENVIRONMENT;

/** The environment as it was read: plain settings as text, secrets wrapped. */
export interface Environment {
  text(name: VariableName): string | undefined;
  secret(name: VariableName): Secret | undefined;
  /** A secret that desk.yaml names by its variable. */
  secretNamed(variable: string): Secret | undefined;
  /** Whether a variable or its file is named; nothing is read. */
  names(variable: string): boolean;
  /** Variables as they were given, with the files they name, for a child's environment. */
  raw(variables: readonly string[]): Readonly<Record<string, string>>;
  /** Forgets variables, so that neither this program nor what it starts later can read them. */
  forget(variables: readonly string[]): void;
  /** A part of an account's key, such as `BINANCE_MAIN_API_KEY`; opened where it is sealed. */
  credential(account: string, prefix: string, part: KeyPart): Secret | undefined;
}

/** One thing wrong: where it stands, what it was, what to do. */
export interface Problem {
  readonly where: string;
  readonly what: string;
}

/** Where the signer listens: BREAKWATER_SIGNER, else under the home. */
export const signerSocketOf = (environment: Environment, home: string): string =>
  path.resolve(environment.text("BREAKWATER_SIGNER") ?? path.join(home, "signer", "signer.sock"));

const withFiles = (variables: readonly string[]): readonly string[] =>
  variables.flatMap((name) => [name, `${name}_FILE`]);

/** @throws DeskError CONFIG_INVALID with every problem at once, one a line, where there is any */
export function refuseProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new DeskError(
    "CONFIG_INVALID",
    [
      `The configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}.`,
      ...problems.map((one) => `  ${one.where}: ${one.what}`),
    ].join("\n"),
  );
}

/** Reads the environment; what is wrong with a variable is added to `problems` when it is read. */
export function readEnvironment(env: NodeJS.ProcessEnv, problems: Problem[]): Environment {
  const raw = (name: string): string | undefined => {
    const file = env[`${name}_FILE`];
    if (file !== undefined && env[name] !== undefined)
      problems.push({ where: `environment ${name}`, what: `is set and ${name}_FILE too; keep one of them` });
    if (file === undefined) return env[name] || undefined;
    try {
      return readFileSync(file, "utf8").trim() || undefined;
    } catch {
      problems.push({
        where: `environment ${name}_FILE`,
        what: `names ${file}, which cannot be read; check the path and its permissions`,
      });
      return undefined;
    }
  };
  const secretOf = (name: string): Secret | undefined => {
    const value = raw(name);
    return value === undefined ? undefined : new Secret(value);
  };
  const opened = (account: string, name: string, purpose: KeyPart): Secret | undefined => {
    const value = raw(name);
    if (value === undefined || !isSealed(value)) return value === undefined ? undefined : new Secret(value);
    try {
      return unseal(secretOf("BREAKWATER_KEYS_KEY"), { account, purpose }, value);
    } catch (error) {
      problems.push({ where: `environment ${name}`, what: messageOf(error) });
      return undefined;
    }
  };
  return {
    text: (name) =>
      raw(name) ?? ("default" in ENVIRONMENT[name] ? (ENVIRONMENT[name] as { default: string }).default : undefined),
    secret: secretOf,
    secretNamed: secretOf,
    names: (variable) => withFiles([variable]).some((name) => Boolean(env[name])),
    raw: (variables) =>
      Object.fromEntries(
        withFiles(variables).flatMap((name): [string, string][] => {
          const value = env[name];
          return value === undefined ? [] : [[name, value]];
        }),
      ),
    forget(variables) {
      for (const name of withFiles(variables)) {
        delete env[name];
        delete process.env[name];
      }
    },
    credential: (account, prefix, part) => opened(account, `${prefix}_${part}`, part),
  };
}
