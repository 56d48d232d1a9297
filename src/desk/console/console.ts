import { sql } from "drizzle-orm";
import { z } from "zod";
import type { ConsoleBackend } from "../../chat/console/backend.ts";
import type { Dot } from "../../chat/console/header.ts";
import type { Config } from "../../config.ts";
import { monitorSettings } from "../../config.ts";
import type { Database } from "../../db/client.ts";
import { accountStates } from "../../db/schema.ts";
import { valuesOf } from "../../detectors/detector.ts";
import type { AnyPlaybook } from "../../engine/playbook.ts";
import { buildCards } from "../../incidents/card.ts";
import { durationsOf } from "../../incidents/durations.ts";
import type { Clock } from "../../kernel/clock.ts";
import { spanOf } from "../../kernel/duration.ts";
import type { Seal } from "../../kernel/seal.ts";
import { readCopies } from "../../ledger/copies.ts";
import { proveEntry } from "../../ledger/proof.ts";
import { verifyLedger } from "../../ledger/verify.ts";
import { type Rotas, everyoneOnCall } from "../../policy/rules/rota.ts";
import type { RecordingLibrary } from "../../replay/view/library.ts";
import { chosenDetectors } from "../../sources/feeds/settings.ts";
import { openBackend } from "../../views/console-backend.ts";
import { environmentOf } from "../environment-of.ts";
import type { DeskApi } from "../api.ts";
import { responseTo } from "../matching.ts";
import { settingName, settingOf } from "../../chat/console/param-words.ts";
import { marketRows } from "./market-rows.ts";
import type { DeskMarket } from "../market.ts";
import { openRiskView } from "../risk/risk-view.ts";
import { settingsOf } from "./settings-words.ts";

/** How each venue is, judged by how fresh the figures of its accounts are. */
async function venueDots(database: Database, config: Config, clock: Clock): Promise<readonly Dot[]> {
  const rows = await database.db
    .select({ account: accountStates.account, receivedAt: accountStates.receivedAt })
    .from(accountStates);
  const { staleAfterMs } = monitorSettings(config.file);
  const venues = new Map<string, Dot>();
  for (const account of config.accounts.values()) {
    const received = rows.find((row) => row.account === account.id)?.receivedAt;
    const ageMs = received ? clock.now().getTime() - received.getTime() : null;
    const state = ageMs === null ? "unknown" : ageMs > staleAfterMs ? "down" : "up";
    const detail =
      ageMs === null
        ? `${account.id} has not reported yet`
        : `${account.id} reported ${spanOf(Math.max(0, ageMs))} ago`;
    const before = venues.get(account.venue);
    if (!before || before.state === "up") venues.set(account.venue, { name: account.venue, state, detail });
  }
  return [...venues.values()];
}

/** The detectors that are on, with the parameters in force. */
function detectorRows(config: Config) {
  const { detectors, params } = chosenDetectors(config.file.detectors);
  return detectors.map(({ name, title, stream, alert, scope, source, params: heads }) => {
    const values = valuesOf(heads, params[name]);
    return {
      name,
      title,
      stream: stream.join(", "),
      params: Object.entries(heads)
        .map(([key, head]) => `${settingName(key)} ${settingOf(values[key] ?? head.default, head.unit)}`)
        .join(", "),
      alert,
      scope,
      source,
      settings: Object.entries(heads).map(([key, head]) => ({
        name: key,
        value: values[key] ?? head.default,
        usual: head.default,
        unit: head.unit,
        about: head.about,
      })),
    };
  });
}

/** Answers the console from the database and the desk. */
export function consoleBackend(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly config: Config;
  readonly desk: DeskApi;
  readonly playbooks: readonly AnyPlaybook[];
  readonly seal: Seal;
  readonly deadMan: (account: string) => string | null;
  readonly rotas: () => Rotas;
  /** Late: the market is opened after the console. */
  readonly market: () => Pick<DeskMarket, "board" | "receivedAt" | "trouble"> | null;
  readonly recordings: RecordingLibrary;
}): ConsoleBackend {
  const { database, clock, config, desk } = parts;
  const monitor = monitorSettings(config.file);
  const risk = openRiskView(desk.exposure, clock);
  return openBackend({
    db: database.db,
    drawing: database.drawing,
    clock,
    people: desk.knownPeople,
    accounts: [...config.accounts.values()],
    deadMan: parts.deadMan,
    cards: (ids) =>
      buildCards(database.drawing, ids, {
        nameOf: (person) => config.file.people[person]?.name ?? person,
        environmentOf: environmentOf(config.accounts),
        responseTo: (incident) =>
          responseTo(
            incident,
            parts.playbooks.filter((one) => desk.isOn(one.head.name)),
          ),
      }),
    durations: (incident) => durationsOf(database.db, incident),
    dots: async () => [
      ...(await venueDots(database, config, clock)),
      { name: "database", state: (await answers(database)) ? "up" : "down", detail: "Postgres" },
    ],
    onCall: () => everyoneOnCall(parts.rotas(), clock.now()),
    thresholds: [
      { label: "high", ratio: monitor.highRatio },
      { label: "critical", ratio: monitor.criticalRatio },
    ],
    playbooks: () =>
      parts.playbooks.map(({ head }) => ({
        name: head.name,
        version: head.version,
        title: head.title,
        on: head.on ? `${head.on.kind}${head.on.severity ? `, ${head.on.severity}` : ""}` : "by hand",
        needs: head.needs,
        enabled: desk.isOn(head.name),
      })),
    market: (hits) => {
      const seen = parts.market();
      return seen ? marketRows(seen.board.rows(), hits, seen.receivedAt(), clock.now().getTime(), seen.trouble) : [];
    },
    risk: () => risk.read(),
    detectors: () => detectorRows(config),
    settings: () => settingsOf(config),
    dryRun: async (playbook, input) => {
      const lines = await desk.dryRun(playbook, z.record(z.string(), z.string()).parse(input));
      return {
        ok: true,
        text: `${playbook}: nothing was sent`,
        steps: lines.map((line) => ({ name: line, note: "" })),
      };
    },
    verifyLedger: async () => {
      const report = await verifyLedger(database.sql, { copies: readCopies(config.home), seal: parts.seal });
      return { ok: report.ok, text: report.text, firstBad: report.firstBad };
    },
    proof: async (seq) => {
      const proof = await proveEntry(database.db, seq);
      return proof ? JSON.stringify(proof, null, 2) : null;
    },
    recordings: parts.recordings,
  });
}

const answers = (database: Database): Promise<boolean> =>
  database.db.execute(sql`select 1`).then(
    () => true,
    () => false,
  );
