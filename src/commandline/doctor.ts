import { existsSync } from "node:fs";
import { type Config, loadConfig } from "../config.ts";
import { systemClock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import { checkPolicy } from "../policy/check.ts";
import { openVenues } from "../venues/open-venues.ts";
import { credentialsOf } from "./credentials.ts";
import { answer, reading } from "./reading.ts";

/** One thing looked at. `warn` is worth a look, `bad` keeps the desk from working. */
interface Finding {
  readonly what: string;
  readonly state: "good" | "warn" | "bad";
  readonly detail: string;
}

const CLOCK_SKEW_MS = 1_000;
const MARKS = { good: "ok  ", warn: "LOOK", bad: "BAD " } as const;

async function databaseFindings(config: Config): Promise<Finding[]> {
  if (!config.databaseUrl && !existsSync(config.home))
    return [
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
      findings.push({ what: "database", state: "good", detail: `Postgres ${row?.version}` });
      findings.push({
        what: "clock",
        state: skewMs > CLOCK_SKEW_MS ? "warn" : "good",
        detail: `${skewMs} ms from the database's`,
      });
      return 0;
    });
    return findings;
  } catch (error) {
    return [{ what: "database", state: "bad", detail: messageOf(error) }];
  }
}

async function accountFindings(config: Config): Promise<Finding[]> {
  const venues = openVenues({
    accounts: config.accounts,
    paper: null,
    clock: systemClock,
    log: openLog("silent"),
    credentials: (account) => credentialsOf(config, account),
  });
  const findings = await Promise.all(
    [...config.accounts.values()].map(async (account): Promise<Finding> => {
      if (account.venue === "paper") return { what: `account ${account.id}`, state: "good", detail: "paper" };
      try {
        const state = await (await venues.venueOf(account.id)).reader.account(account.id);
        return {
          what: `account ${account.id}`,
          state: "good",
          detail: `equity ${state.equityUsd} USD, margin ratio ${state.marginRatio ?? "unknown"}`,
        };
      } catch (error) {
        return {
          what: `account ${account.id}`,
          state: "bad",
          detail: `${account.venue} was not read: ${messageOf(error)}`,
        };
      }
    }),
  );
  await venues.close();
  return findings;
}

function chatFindings(config: Config): Finding[] {
  const { environment, file } = config;
  const slack = environment.secret("SLACK_BOT_TOKEN") !== undefined;
  const discord = environment.secret("DISCORD_TOKEN") !== undefined;
  const routes = (surface: "slack" | "discord"): number =>
    file.routes.filter((route) => route[surface].length > 0).length;
  const of = (name: "slack" | "discord", on: boolean): Finding =>
    on
      ? {
          what: name,
          state: routes(name) > 0 ? "good" : "warn",
          detail:
            routes(name) > 0
              ? `${routes(name)} routes lead there`
              : "configured, but no route names a channel; add one under routes",
        }
      : { what: name, state: "good", detail: "not configured; the console works without it" };
  const pager = environment.secret("PAGERDUTY_ROUTING_KEY") ?? environment.secret("NTFY_TOPIC");
  return [
    of("slack", slack),
    of("discord", discord),
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
    ...(await databaseFindings(config)),
    ...(await accountFindings(config)),
    ...chatFindings(config),
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
