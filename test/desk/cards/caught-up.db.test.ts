import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openHub } from "../../../src/chat/console/hub.ts";
import { touchIncident } from "../../../src/db/changes.ts";
import { incidents } from "../../../src/db/schema.ts";
import { hearChanges } from "../../../src/desk/cards/hear.ts";
import { openSurfaces } from "../../../src/desk/cards/surfaces.ts";
import { buildCards } from "../../../src/incidents/card.ts";
import { acknowledge, escalate, openIncident } from "../../../src/incidents/lifecycle.ts";
import type { Severity } from "../../../src/kernel/alert.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { until } from "../../chat/slack/driver.ts";
import { listener } from "../../contract/surface.ts";
import { type AttachedFakes, attachFakes } from "../../fakes/attach.ts";
import { CHANNEL } from "../../fakes/discord/rest.ts";
import { SEAL } from "../../policy/control.ts";
import { withDatabase } from "../../with-database.ts";
import { deskConfig } from "../config.ts";

const database = withDatabase();
const ANA = { actor: "person:ana", surface: "console" };
const ROUTES = `  - { match: { severity: [critical] }, slack: [C0RISK], discord: ["${CHANNEL}"] }
  - { match: { severity: [low] }, slack: [C0OPS] }`;

describe("cards show what was changed while nobody listened", () => {
  let fakes: AttachedFakes;
  let end: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    fakes = await attachFakes();
  });
  afterEach(async () => {
    await end?.();
    end = undefined;
  });
  afterAll(() => fakes.close());

  /** One life of the part of the program that brings changes to cards. */
  async function live(): Promise<void> {
    const chat = await openSurfaces({
      config: deskConfig(ROUTES, { ...fakes.environment }),
      database: database(),
      commands: [],
      inbound: listener(),
      cardOf: async (id) => (await buildCards(database().db, [id])).get(id) ?? null,
      consoleUrl: "https://desk.example",
      paint: async () => new Uint8Array(),
      emit: async () => {},
      clock: systemClock,
      log: silentLog,
    });
    await chat.start();
    const close = await hearChanges({
      database: database(),
      hub: openHub(systemClock),
      chat,
      paging: { look: async () => {} },
      standing: { rolesOf: () => [], isOn: () => true, rotas: () => ({}), refresh: async () => {} },
      clock: systemClock,
      log: silentLog,
    });
    end = async () => {
      await close();
      await chat.stop();
    };
  }
  const open = (severity: Severity, title: string): Promise<string> =>
    database().db.transaction((tx) => openIncident(tx, SEAL, ANA, { kind: "margin.ratio", severity, title }));
  const onSlack = (id: string): string[] =>
    fakes.slack.desk.messages
      .map((one) => one.channel + JSON.stringify(one.blocks))
      .filter((text) => text.includes(id));
  const onDiscord = (id: string): string[] =>
    fakes.discord.guild.messages
      .map((one) => JSON.stringify(one.body).replaceAll("\\", ""))
      .filter((text) => text.includes(id));

  test("a change right before the program died stands on the cards of both platforms when it is back", async () => {
    await live();
    const id = await open("critical", "Margin ratio");
    await until(() => onSlack(id).length === 1 && onDiscord(id).length === 1, 10_000);
    await end?.();
    await acknowledge(database().db, id, ANA);
    await live();
    await until(() => [...onSlack(id), ...onDiscord(id)].every((text) => text.includes("acknowledged")), 15_000);
    expect([onSlack(id).length, onDiscord(id).length]).toEqual([1, 1]);
  }, 60_000);

  test("an incident raised to a route of its own right before the program died gets its card there", async () => {
    const id = await open("high", "Nobody's route yet");
    await live();
    expect(onSlack(id)).toEqual([]);
    await end?.();
    await escalate(database().db, SEAL, id, ANA);
    await live();
    await until(() => onSlack(id).length === 1 && onDiscord(id).length === 1, 15_000);
    expect(onSlack(id)[0]).toMatch(/^C0RISK.*CRITICAL/);
  }, 60_000);

  test("a change while the line to the database was down stands on the card when it is back", async () => {
    await live();
    const id = await open("low", "Margin ratio");
    await until(() => onSlack(id).length === 1, 10_000);
    await database().db.transaction(async (tx) => {
      await tx.update(incidents).set({ title: "Said while nobody could hear" }).where(eq(incidents.id, id));
      await touchIncident(tx, id);
      await tx.execute(
        sql`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and datname = current_database()`,
      );
    });
    await until(() => onSlack(id)[0]?.includes("Said while nobody could hear") === true, 15_000);
  }, 60_000);

  test("starting again with nothing changed asks for nothing", async () => {
    await live();
    await end?.();
    const asked = await database().db.execute(sql`select xmin::text from breakwater.messages order by 1`);
    await live();
    expect(await database().db.execute(sql`select xmin::text from breakwater.messages order by 1`)).toEqual(asked);
  }, 60_000);
});
