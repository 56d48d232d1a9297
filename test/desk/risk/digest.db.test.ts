import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DISCORD_BUDGET } from "../../../src/chat/discord/budget.ts";
import type { DiscordSurface } from "../../../src/chat/discord/discord.ts";
import { type Outbox, openOutbox } from "../../../src/chat/outbox.ts";
import { PRIORITY, showCards } from "../../../src/chat/outbox-rows.ts";
import { type Painter, openPainter } from "../../../src/chat/picture/picture.ts";
import { SLACK_BUDGET } from "../../../src/chat/slack/budget.ts";
import type { SlackSurface } from "../../../src/chat/slack/slack.ts";
import { accountStates } from "../../../src/db/schema.ts";
import { openDigest } from "../../../src/desk/risk/digest.ts";
import { openExposure } from "../../../src/exposure/exposure.ts";
import { openHedger } from "../../../src/exposure/hedger.ts";
import { buildCards } from "../../../src/incidents/card.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { DeskError } from "../../../src/kernel/errors.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { discordOn } from "../../chat/discord/driver.ts";
import { slackOn, until } from "../../chat/slack/driver.ts";
import { listener } from "../../contract/surface.ts";
import { demoBook } from "../../exposure/demo-book.ts";
import { CHANNEL } from "../../fakes/discord/rest.ts";
import { type FakeDiscord, openFakeDiscord } from "../../fakes/discord/server.ts";
import { type FakeSlack, openFakeSlack } from "../../fakes/slack/server.ts";
import { SEAL } from "../../policy/control.ts";
import { withDatabase } from "../../with-database.ts";
import { deskConfig } from "../config.ts";

const database = withDatabase();
const ACCOUNTS = ["paper-a", "paper-b"];

describe("the risk digest", () => {
  let slack: FakeSlack;
  let discord: FakeDiscord;
  let surfaces: [SlackSurface, DiscordSurface];
  let outbox: Outbox;
  let painter: Painter;
  let book: Awaited<ReturnType<typeof demoBook>>;
  beforeAll(async () => {
    slack = await openFakeSlack();
    discord = await openFakeDiscord();
    surfaces = [slackOn(slack), discordOn(discord)];
    for (const surface of surfaces) await surface.start(listener());
    await until(() => slack.sockets.length === 2);
    painter = openPainter(systemClock);
    book = await demoBook("calm", 15);
    for (const account of ACCOUNTS) {
      const state = await book.reader.account(account);
      await database().db.insert(accountStates).values({ account, state, at: state.at });
    }
    outbox = openOutbox({
      database: database(),
      surfaces: [
        { surface: surfaces[0], budget: SLACK_BUDGET },
        { surface: surfaces[1], budget: DISCORD_BUDGET },
      ],
      cardOf: async (id) => (await buildCards(database().db, [id])).get(id) ?? null,
      clock: systemClock,
      log: silentLog,
    });
    await outbox.start();
  }, 60_000);
  afterAll(async () => {
    await outbox.stop();
    for (const surface of surfaces) await surface.stop();
    await painter.close();
    await slack.close();
    await discord.close();
  });

  const digest = (more: Partial<Parameters<typeof openDigest>[0]> = {}) => {
    const exposure = openExposure({
      db: database().db,
      accounts: ACCOUNTS,
      readerOf: async () => book.reader,
      hedger: openHedger(),
      collarBps: 500,
    });
    return openDigest({
      config: deskConfig(`  - { match: {}, slack: [C0RISK], discord: ["${CHANNEL}"] }`, {}),
      database: database(),
      leads: () => true,
      limits: async () => [],
      seal: SEAL,
      funding: exposure.funding,
      paint: painter.paint,
      show: async (incidentId, version) => {
        const places = [
          { surface: "slack", channel: "C0RISK" },
          { surface: "discord", channel: CHANNEL },
        ] as const;
        await showCards(database().db, [{ incidentId, version, priority: PRIORITY.digest, places }]);
      },
      clock: systemClock,
      log: silentLog,
      ...more,
    });
  };

  test("says equity, margin, exposure, funding, limits, incidents, freezes and what waits", async () => {
    const text = await digest().byHand();
    for (const part of ["equity", "margin ratio", "to liquidation", "Exposure", "BTC: delta", "Limits used"])
      expect(text).toContain(part);
    for (const part of ["Open incidents", "Freezes", "Plans waiting", "Orders in 24 h"]) expect(text).toContain(part);
    expect(text).toMatch(/paper-a (pays|receives) [\d,.]+ USD: BTC\/USDT at -?[\d.]+ bps (pays|receives)/);
  }, 60_000);

  test("stands in the channels of both platforms, its chart in the thread, with words for who cannot see it", async () => {
    await until(
      () => slack.desk.files.length === 1 && discord.guild.messages.some((one) => one.files.length === 1),
      9_000,
    );
    const [file] = slack.desk.files;
    const card = slack.desk.messages.find((one) => one.ts === file?.thread);
    expect(card?.text).toContain("Risk digest");
    expect(file?.bytes.subarray(1, 4).toString()).toBe("PNG");
    expect(file?.name).toContain("is nearest to liquidation");
    const picture = discord.guild.messages.find((one) => one.files.length === 1);
    const standing = discord.guild.messages.find((one) => one.id === picture?.channel);
    expect(JSON.stringify(standing?.body)).toContain("Risk digest");
    expect(JSON.stringify(picture?.body)).toContain("is nearest to liquidation");
    expect(picture?.files.map((file) => file.name)).toEqual(["margin.png"]);
    expect([...slack.desk.faults, ...discord.guild.faults]).toEqual([]);
    const folder = process.env["BREAKWATER_SHOTS"];
    if (folder === undefined || file === undefined) return;
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "digest.png"), file.bytes);
  }, 60_000);

  test("comes without funding where no venue answers, and says so", async () => {
    const funding = () => Promise.reject(new DeskError("VENUE_UNAVAILABLE", "binance does not answer"));
    const text = await digest({ funding, paint: () => Promise.reject(new Error("no picture")) }).byHand();
    expect(text).toContain("Funding could not be read: binance does not answer");
    expect(text).toContain("Limits used");
  }, 60_000);
});
