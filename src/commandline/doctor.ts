import { existsSync } from "node:fs";
import { discordDoctor } from "../chat/discord/doctor.ts";
import type { Finding } from "../chat/finding.ts";
import { slackDoctor } from "../chat/slack/doctor.ts";
import { type Config, loadConfig } from "../config.ts";
import { type Build, differs, hashBuild, lastBuild } from "../desk/watch/build.ts";
import { type Libraries, compareLibraries } from "../desk/watch/libraries.ts";
import { providerFindings } from "../desk/people/single-sign-on.ts";
import { reachSigner } from "../desk/signer.ts";
import { systemClock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import { programFolder } from "../kernel/program.ts";
import { checkPolicy } from "../policy/rules/check.ts";
import { standingUnheard } from "../sources/feeds/unheard.ts";
import { openVenues } from "../venues/open-venues.ts";
import { keyFinding } from "./key-finding.ts";
import { paint } from "./paint.ts";
import { reading } from "./reading.ts";
import { answer } from "./terminal.ts";

const CLOCK_SKEW_MS = 1_000;
const MARKS = { good: paint.good("ok  "), warn: paint.warn("LOOK"), bad: paint.bad("BAD ") } as const;

/** What the program's files are, and whether a desk on this ledger last ran others under the same version. */
export function buildFinding(build: Build, last: Build | null): Finding {
  const detail = `${build.version}, ${build.files} files, sha256 ${build.digest}`;
  return differs(last, build)
    ? { what: "program", state: "warn", detail: `${detail}; the desk last started with ${last.digest}` }
    : { what: "program", state: "good", detail };
}

/** Whether the libraries are those of the lock file; nothing where there is none. */
export const libraryFindings = (libraries: Libraries | null): readonly Finding[] =>
  libraries === null
    ? []
    : libraries.strays.length === 0
      ? [{ what: "libraries", state: "good", detail: `${libraries.checked} packages, as package-lock.json has them` }]
      : [{ what: "libraries", state: "warn", detail: libraries.strays.join("; ") }];

async function databaseFindings(config: Config, build: Build): Promise<Finding[]> {
  if (!config.databaseUrl && !existsSync(config.home))
    return [
      buildFinding(build, null),
      {
        what: "database",
        state: "good",
        detail: `the embedded one will be made under ${config.home} at the first start`,
      },
    ];
  try {
    const findings: Finding[] = [];
    await reading(async ({ database }) => {
      const [row] = await database.sql<
        { now: Date; version: string }[]
      >`select clock_timestamp() as now, current_setting('server_version') as version`;
      const skewMs = Math.abs((row?.now ?? systemClock.now()).getTime() - systemClock.now().getTime());
      findings.push(buildFinding(build, await lastBuild(database.db)));
      findings.push({ what: "database", state: "good", detail: `Postgres ${row?.version}` });
      for (const { title } of await standingUnheard(database.db))
        findings.push({ what: "market feed", state: "warn", detail: title });
      findings.push({
        what: "clock",
        state: skewMs > CLOCK_SKEW_MS ? "warn" : "good",
        detail: `${skewMs} ms from the database's`,
      });
      return 0;
    });
    return findings;
  } catch (error) {
    return [buildFinding(build, null), { what: "database", state: "bad", detail: messageOf(error) }];
  }
}

async function accountFindings(config: Config): Promise<Finding[]> {
  const log = openLog("silent");
  const signer = await reachSigner(config, systemClock, log);
  const venues = openVenues({
    accounts: config.accounts,
    paper: null,
    keyed: async (account) => signer.keyed(account),
  });
  const findings = await Promise.all(
    [...config.accounts.values()].map(async (account): Promise<readonly Finding[]> => {
      if (account.venue === "paper") return [{ what: `account ${account.id}`, state: "good", detail: "paper" }];
      try {
        const { reader } = await venues.venueOf(account.id);
        const [state, key] = await Promise.all([
          reader.account(account.id),
          keyFinding(account, reader, systemClock.now()),
        ]);
        return [
          {
            what: `account ${account.id}`,
            state: "good",
            detail: `equity ${state.equityUsd} USD, margin ratio ${state.marginRatio ?? "unknown"}`,
          },
          key,
        ];
      } catch (error) {
        return [
          {
            what: `account ${account.id}`,
            state: "bad",
            detail: `${account.venue} was not read: ${messageOf(error)}`,
          },
        ];
      }
    }),
  );
  await venues.close();
  await signer.close();
  return findings.flat();
}

/** Every channel that routes name on a surface, once. */
const channelsOf = (config: Config, surface: "slack" | "discord"): readonly string[] => [
  ...new Set(config.file.routes.flatMap((route) => route[surface])),
];

/** A surface: absent is fine, without a channel worth a look, else what its own doctor finds. */
async function surfaceFindings(
  name: "slack" | "discord",
  channels: readonly string[],
  look: (() => Promise<Finding[]>) | null,
): Promise<Finding[]> {
  if (look === null)
    return channels.length === 0
      ? [{ what: name, state: "good", detail: "not configured; the console works without it" }]
      : [
          {
            what: name,
            state: "bad",
            detail: `routes name ${channels.join(", ")}, but there is no token; set it as docs/${name}.md says`,
          },
        ];
  const routed: Finding =
    channels.length > 0
      ? { what: name, state: "good", detail: `routes name ${channels.join(", ")}` }
      : { what: name, state: "warn", detail: "configured, but no route names a channel; add one under routes" };
  const found = await look().catch((error: unknown): Finding[] => [
    { what: name, state: "bad", detail: `could not be looked at: ${messageOf(error)}` },
  ]);
  return [routed, ...found];
}

async function chatFindings(config: Config): Promise<Finding[]> {
  const { environment } = config;
  const [bot, app] = [environment.secret("SLACK_BOT_TOKEN"), environment.secret("SLACK_APP_TOKEN")];
  const slackApi = environment.text("SLACK_API_URL");
  const slackChannels = channelsOf(config, "slack");
  const token = environment.secret("DISCORD_TOKEN");
  const publicKey = environment.text("DISCORD_PUBLIC_KEY");
  const discordApi = environment.text("DISCORD_API_URL");
  const discordChannels = channelsOf(config, "discord");
  const [slack, discord] = await Promise.all([
    surfaceFindings(
      "slack",
      slackChannels,
      bot
        ? () =>
            slackDoctor({
              bot,
              ...(app ? { app } : {}),
              ...(slackApi ? { api: slackApi } : {}),
              channels: slackChannels,
              clock: systemClock,
            })
        : null,
    ),
    surfaceFindings(
      "discord",
      discordChannels,
      token
        ? () =>
            discordDoctor({
              token,
              appId: environment.text("DISCORD_APP_ID") ?? "",
              guildId: environment.text("DISCORD_GUILD_ID") ?? "",
              ...(publicKey ? { publicKey } : {}),
              ...(discordApi ? { api: discordApi } : {}),
              channels: discordChannels,
              clock: systemClock,
            })
        : null,
    ),
  ]);
  const pager = environment.secret("PAGERDUTY_ROUTING_KEY") ?? environment.secret("NTFY_TOPIC");
  return [
    ...slack,
    ...discord,
    {
      what: "pager",
      state: pager ? "good" : "warn",
      detail: pager ? "configured" : "none: nobody is woken; set PAGERDUTY_ROUTING_KEY or NTFY_TOPIC",
    },
  ];
}

/** `breakwater doctor` */
export async function runDoctor(options: { json?: boolean }): Promise<number> {
  const config = loadConfig(process.env);
  const policy = checkPolicy({ policy: config.file.policy, people: config.file.people }).map((one): Finding => ({
    what: `rule ${one.where}`,
    state: one.severity === "error" ? "bad" : "warn",
    detail: one.what,
  }));
  const findings: Finding[] = [
    {
      what: "configuration",
      state: "good",
      detail: `${config.deskPath}: ${config.accounts.size} accounts, ${Object.keys(config.file.people).length} people`,
    },
    ...(await databaseFindings(config, await hashBuild())),
    ...libraryFindings(await compareLibraries(programFolder())),
    ...(await accountFindings(config)),
    ...(await chatFindings(config)),
    ...(await providerFindings(config)),
    ...policy,
  ];
  const width = Math.max(...findings.map((one) => one.what.length));
  answer(
    options.json,
    { type: "doctor", findings },
    findings.map((one) => `${MARKS[one.state]}  ${one.what.padEnd(width)}  ${one.detail}`).join("\n"),
  );
  return findings.some((one) => one.state === "bad") ? 1 : 0;
}
