import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { accountsOf, accountsSchema, checkAccounts, slug } from "./config/accounts.ts";
import {
  type Environment,
  type Problem,
  readEnvironment,
  refuseProblems,
  signerSocketOf,
} from "./config/environment.ts";
import { parseYaml } from "./config/yaml.ts";
import { intakeSettings } from "./intake/settings.ts";
import type { Account } from "./kernel/account.ts";
import { type Decimal, isDecimal } from "./kernel/decimal.ts";
import { durationMs } from "./kernel/duration.ts";
import { DeskError } from "./kernel/errors.ts";
import { type Networks, networksOf } from "./kernel/networks.ts";
import type { Secret } from "./kernel/secret.ts";
import { rotaProblems, rotasSettings } from "./policy/rules/rota.ts";
import { oidcProblems, oidcSettings } from "./desk/people/single-sign-on-settings.ts";
import { checkpointsSettings } from "./ledger/settings.ts";
import { defaultPolicy } from "./policy/rules/default-policy.ts";
import { type PolicyDocument, peopleSchema, policySchema } from "./policy/rules/schema.ts";
import { signerSettings } from "./signer/settings.ts";
import { detectorsSettings, feedsSettings } from "./sources/feeds/settings.ts";
import { openSources, webhooksSettings } from "./sources/webhooks/settings.ts";

const duration = z.string().regex(/^\d{1,5}[smhd]$/, "write 90s, 5m, 24h or 7d");
const ratio = z
  .string()
  .refine(
    (text) => isDecimal(text) && Number(text) > 0 && Number(text) <= 1,
    "write a share between 0 and 1 in quotes, such as '0.80'",
  );

/** desk.yaml: everything about the desk that is not a secret. */
export const deskSchema = z
  .strictObject({
    desk: z.strictObject({ name: z.string().min(1).max(60).describe("Shown in the console and on cards") }),
    people: peopleSchema,
    oidc: oidcSettings.optional(),
    accounts: accountsSchema,
    monitor: z
      .strictObject({
        poll: duration.default("5s").describe("How often each account is read"),
        staleAfter: duration.default("30s").describe("No fresh figures for this long raises feed.stale"),
        high: ratio.default("0.60").describe("Margin ratio (maintenance margin / equity) that raises a high alert"),
        critical: ratio.default("0.80").describe("Margin ratio that raises a critical alert"),
      })
      .prefault({}),
    webhooks: webhooksSettings,
    detectors: detectorsSettings.prefault({}),
    feeds: feedsSettings.prefault({}),
    recordings: z
      .strictObject({
        mostMegabytes: z
          .int()
          .refine((value) => value === 0 || value >= 8, "write 0 for none, or at least 8")
          .default(2_048)
          .describe("The oldest are deleted before all exceed this; 0 records nothing"),
        library: z
          .string()
          .min(1)
          .optional()
          .describe("A folder of other recordings, in any form that replay reads, which the console offers too"),
      })
      .prefault({})
      .describe("What the detectors see is kept under BREAKWATER_HOME/recordings, for replay"),
    intake: intakeSettings.prefault({}),
    policy: policySchema.default(defaultPolicy()),
    plans: z
      .strictObject({
        collarBps: z
          .int()
          .min(1)
          .max(2_000)
          .default(150)
          .describe("How far from the reference price an order may go, in basis points"),
        typedAboveUsd: z
          .string()
          .refine(
            (text) => isDecimal(text) && !text.startsWith("-"),
            "write a plain decimal in quotes, such as '1000000'",
          )
          .default("1000000")
          .describe("Above this notional an approval in the console asks for a typed word"),
        ttl: duration.default("15m").describe("How long a plan may be sent after it was made"),
      })
      .prefault({}),
    signer: signerSettings.prefault({}),
    playbooks: z
      .record(slug, z.strictObject({ enabled: z.boolean().default(true) }))
      .default({})
      .describe("Playbooks to switch off; absent ones are on"),
    routes: z
      .array(
        z.strictObject({
          match: z
            .strictObject({
              severity: z.array(z.enum(["critical", "high", "medium", "low", "info"])).optional(),
              kind: z.array(z.string()).optional(),
              account: z.array(slug).optional(),
            })
            .default({}),
          slack: z.array(z.string()).default([]).describe("Slack channel ids, the second as fall-back"),
          discord: z.array(z.string()).default([]).describe("Discord channel ids, the second as fall-back"),
          page: z
            .strictObject({ after: duration.default("5m"), to: z.array(z.enum(["pagerduty", "ntfy"])).min(1) })
            .optional(),
        }),
      )
      .default([])
      .describe("Where cards go and who is paged; the first that matches"),
    rotas: rotasSettings,
    schedules: z
      .strictObject({
        digest: z.strictObject({ cron: z.string().default("0 7 * * *"), zone: z.string().default("UTC") }).optional(),
      })
      .default({})
      .describe("Scheduled reports"),
    checkpoints: checkpointsSettings.optional(),
    paper: z
      .strictObject({
        storm: z.enum(["calm", "2020-03-12", "2021-05-19", "2025-10-10"]).default("calm"),
        speed: z.number().positive().max(1_000).default(1),
        seed: z.int().default(1),
      })
      .prefault({})
      .describe("The simulated exchange behind accounts of venue paper"),
  })
  .describe("Breakwater desk");

export type DeskFile = z.infer<typeof deskSchema>;

/** The typed configuration. */
export interface Config {
  readonly file: DeskFile;
  readonly deskPath: string;
  /** Where the description was read: the path, or the name of a text that stands in no file, as the demo's. */
  readonly deskName: string;
  readonly home: string;
  /** Path of the socket at which the signer listens. */
  readonly signerSocket: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly publicUrl: string | null;
  /** Proxies in front, whose x-forwarded-for is believed. */
  readonly proxies: Networks;
  readonly logLevel: string;
  readonly databaseUrl: Secret | null;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly environment: Environment;
}

/** Reads desk.yaml's text; every problem names file, line, path, value and remedy. */
export const parseDesk = (text: string, name: string, problems: Problem[]): DeskFile | null =>
  parseYaml(text, name, deskSchema, problems);

/** Rules between parts that no schema of one part can see. */
function crossCheck(file: DeskFile, environment: Environment, name: string, problems: Problem[]): void {
  if (Number(file.monitor.high) >= Number(file.monitor.critical)) {
    problems.push({
      where: `${name} monitor`,
      what: `high was ${file.monitor.high}, critical ${file.monitor.critical}; high must be below critical`,
    });
  }
  checkAccounts(
    file.accounts,
    environment,
    name,
    environment.text("BREAKWATER_SIGNER") ? "desk without keys" : "desk",
    problems,
  );
  for (const one of openSources(file.webhooks, (variable) => environment.secretNamed(variable)).problems) {
    problems.push({ where: `${name} ${one.path}`, what: one.message });
  }
  for (const { where, what } of rotaProblems(file.rotas, file.people))
    problems.push({ where: `${name} ${where}`, what });
  for (const one of oidcProblems(file.oidc, file.people, environment.secret("OIDC_CLIENT_SECRET") !== undefined))
    problems.push({ ...one, where: one.where.startsWith("environment") ? one.where : `${name} ${one.where}` });
  if (
    environment.secret("SLACK_BOT_TOKEN") &&
    !environment.secret("SLACK_APP_TOKEN") &&
    !environment.secret("SLACK_SIGNING_SECRET")
  ) {
    problems.push({
      where: "environment SLACK_APP_TOKEN",
      what: "is missing; set it for Socket Mode, or SLACK_SIGNING_SECRET for HTTP",
    });
  }
  const bus = environment.secret("NATS_URL")?.reveal();
  if (bus !== undefined && !/^(nats|tls):\/\/[^/\s]+\/?$/.test(bus))
    problems.push({
      where: "environment NATS_URL",
      what: "is no address of a NATS server; write nats://host:4222, or tls://host:4222",
    });
  if ((environment.secret("BREAKWATER_API_TOKEN")?.reveal().length ?? 32) < 32)
    problems.push({ where: "environment BREAKWATER_API_TOKEN", what: "is too short; write at least 32 characters" });
  if (environment.secret("DISCORD_TOKEN") && !environment.text("DISCORD_GUILD_ID")) {
    problems.push({ where: "environment DISCORD_GUILD_ID", what: "is missing; the bot serves exactly one server" });
  }
}

function readAddress(text: string, problems: Problem[]): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[\w.-]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65_535)
    problems.push({
      where: "environment BREAKWATER_HTTP",
      what: `was ${text}; write host:port, such as 127.0.0.1:7070`,
    });
  return { host: match?.[1]?.replace(/^\[|\]$/g, "") ?? "127.0.0.1", port: match ? port : 0 };
}

/**
 * Reads environment and desk.yaml into the typed configuration.
 * @param given the desk file's text instead of the file, as the demo has it; `keys: false` where none is used, as on a worker
 * @throws DeskError CONFIG_INVALID with every problem at once, one a line
 */
export function loadConfig(
  env: NodeJS.ProcessEnv,
  given: { readonly text?: string; readonly name?: string; readonly keys?: boolean } = {},
): Config {
  const problems: Problem[] = [];
  const environment = readEnvironment(env, problems);
  const deskPath = path.resolve(environment.text("BREAKWATER_DESK") ?? "desk.yaml");
  const http = readAddress(environment.text("BREAKWATER_HTTP") ?? "", problems);
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0")
    problems.push({
      where: "environment NODE_TLS_REJECT_UNAUTHORIZED",
      what: "was 0, which lets anybody between here and a venue read the keys; unset it, or name your own authority in NODE_EXTRA_CA_CERTS",
    });
  const logLevel = environment.text("BREAKWATER_LOG") ?? "info";
  if (!["trace", "debug", "info", "warn", "error", "silent"].includes(logLevel))
    problems.push({
      where: "environment BREAKWATER_LOG",
      what: `was ${logLevel}; write trace, debug, info, warn or error`,
    });
  const proxies = networksOf(
    (environment.text("BREAKWATER_TRUSTED_PROXIES") ?? "").split(",").flatMap((one) => one.trim() || []),
  );
  for (const one of proxies.wrong)
    problems.push({
      where: "environment BREAKWATER_TRUSTED_PROXIES",
      what: `"${one}" must be an address or a network such as 10.0.0.0/8`,
    });
  let file: DeskFile | null = null;
  const name = given.name ?? path.basename(deskPath);
  if (given.text !== undefined) file = parseDesk(given.text, name, problems);
  else if (existsSync(deskPath)) file = parseDesk(readFileSync(deskPath, "utf8"), name, problems);
  else
    problems.push({
      where: deskPath,
      what: "does not exist; copy desk.example.yaml to it, or name another file with BREAKWATER_DESK",
    });
  if (file && given.keys !== false) crossCheck(file, environment, name, problems);
  refuseProblems(problems);
  if (!file) throw new DeskError("CONFIG_INVALID");
  const home = path.resolve(environment.text("BREAKWATER_HOME") ?? ".breakwater");
  return {
    file,
    deskPath,
    deskName: given.text === undefined ? deskPath : name,
    home,
    signerSocket: signerSocketOf(environment, home),
    http,
    proxies,
    publicUrl: environment.text("BREAKWATER_PUBLIC_URL") ?? null,
    logLevel,
    databaseUrl: environment.secret("DATABASE_URL") ?? null,
    accounts: accountsOf(file.accounts),
    environment,
  };
}

/** What of desk.yaml gives rights: what is published, versioned and approved as one. */
export const documentOf = (file: Pick<DeskFile, "policy" | "people" | "playbooks" | "rotas">): PolicyDocument => ({
  policy: file.policy,
  people: file.people,
  rotas: file.rotas,
  playbooksOff: Object.keys(file.playbooks).filter((name) => file.playbooks[name]?.enabled === false),
});

/** Thresholds and times of the account monitor, typed. */
export const monitorSettings = (
  file: DeskFile,
): { pollMs: number; staleAfterMs: number; highRatio: Decimal; criticalRatio: Decimal } => ({
  pollMs: durationMs(file.monitor.poll),
  staleAfterMs: durationMs(file.monitor.staleAfter),
  highRatio: file.monitor.high as Decimal,
  criticalRatio: file.monitor.critical as Decimal,
});
