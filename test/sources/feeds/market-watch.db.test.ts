import { asc, like } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { demoDesk } from "../../../src/commandline/demo-desk.ts";
import { loadConfig } from "../../../src/config.ts";
import { alerts, incidents } from "../../../src/db/schema.ts";
import type { Intake } from "../../../src/intake/intake.ts";
import { buildCards } from "../../../src/incidents/card.ts";
import { labelDetectors } from "../../../src/incidents/labels.ts";
import { openIncident } from "../../../src/incidents/lifecycle.ts";
import { chosenDetectors } from "../../../src/sources/feeds/settings.ts";
import type { MarketWatch } from "../../../src/sources/feeds/market-watch.ts";
import { detectorHits, detectorJudgements } from "../../../src/views/detectors.ts";
import { intakeOn } from "../../intake/desk.ts";
import { withDatabase } from "../../with-database.ts";
import { watchedStorm } from "./storm.ts";
import { SEAL } from "../../policy/control.ts";

const database = withDatabase();
const { file } = loadConfig({}, { text: demoDesk("2020-03-12", 1, 1), name: "demo desk" });
const open: Intake[] = [];
afterAll(() => Promise.all(open.map((one) => one.close())));

const stored = async (watch: MarketWatch): Promise<void> => {
  while (watch.counts().waiting > 0) await new Promise((resolve) => setImmediate(resolve));
};
const raisedByDetectors = () =>
  database().db.select().from(incidents).where(like(incidents.kind, "market.%")).orderBy(asc(incidents.seq));
const ana = { actor: "person:ana", surface: "console" };

test("a storm opens one incident for each thing that happens, a restart in the middle opens none again, and people judge them", async () => {
  const intake = intakeOn(database(), { settings: file.intake });
  open.push(intake);
  const stage = await watchedStorm("2020-03-12", {
    ...chosenDetectors(file.detectors),
    emit: async (alert) => void (await intake.take([alert])),
  });
  const first = stage.open();
  await stage.run(20_000);
  await stored(first.watch);
  const before = await raisedByDetectors();
  expect(before).toMatchObject([
    { kind: "market.liquidation-cascade", status: "open", labels: { venue: "paper", detector: "liquidation-cascade" } },
  ]);
  const cascade = before[0]?.id ?? "";
  expect(Object.keys(before[0]?.values ?? {})).toEqual(expect.arrayContaining(["forcedOrders", "moveBps", "score"]));

  first.unfollow();
  await first.watch.stop();
  const second = stage.open();
  await stage.run(60_000);
  await stored(second.watch);
  expect((await raisedByDetectors()).map((one) => one.id)).toEqual([cascade]);

  await stage.run(140_000);
  await stored(second.watch);
  const all = await raisedByDetectors();
  expect(new Set(all.map((one) => one.kind)).size).toBe(all.length);
  expect(all.map((one) => one.kind)).toEqual(expect.arrayContaining(["market.basis", "market.funding"]));
  expect(all.length).toBeLessThanOrEqual(5);

  const { db } = database();
  const heard = await db.select().from(alerts).where(like(alerts.source, "detector:%"));
  const hits = await detectorHits(db);
  expect(hits.get("liquidation-cascade")?.hits).toBe(
    heard.filter((one) => one.source === "detector:liquidation-cascade" && one.status === "firing").length,
  );

  const buttons = async (): Promise<readonly string[]> =>
    ((await buildCards(db, [cascade], { nameOf: (person) => person })).get(cascade)?.buttons ?? []).map(
      (one) => one.label,
    );
  expect((await buttons()).slice(-3)).toEqual(["True alarm", "False alarm", "Useful"]);

  expect(await labelDetectors(db, cascade, "false", ana)).toEqual(["liquidation-cascade"]);
  expect(await labelDetectors(db, cascade, "useful", ana)).toEqual(["liquidation-cascade"]);
  const basis = all.find((one) => one.kind === "market.basis");
  await labelDetectors(db, basis?.id ?? "", "false", ana);
  const judged = await detectorJudgements(db);
  expect(judged.get("liquidation-cascade")).toEqual({ all: 1, right: 1, useful: 1 });
  expect(judged.get("basis-dislocation")).toEqual({ all: 1, right: 0, useful: 0 });
});

test("an incident that no detector raised cannot be labelled, nor one that does not exist", async () => {
  const { db } = database();
  const id = await db.transaction((tx) =>
    openIncident(tx, SEAL, ana, { kind: "manual", severity: "low", title: "A question" }),
  );
  await expect(labelDetectors(db, id, "true", ana)).rejects.toThrow(/no detector raised/);
  await expect(labelDetectors(db, "INC-99999", "true", ana)).rejects.toThrow(/no incident/);
});
