import type { Workload } from "../workload.ts";
import { deaf, slackDesk } from "./_slack.ts";

const CHANNELS = 100;
const CHANGES = 100;
/** A minute of Slack passes in a second, so that two minutes need not be waited for. */
const FASTER = 60;

/**
 * 10,000 changes of 100 cards, one in each of 100 channels, while the fake refuses more than Slack's 50 chat.update a
 * minute. Slack needs 120 s for 100 cards; the figure is how long it took until the newest version stood everywhere, in
 * seconds of Slack's time. Throws where the fake ever had to refuse, or a card was left behind.
 */
export const workload: Workload = {
  name: "10,000 card changes on 100 channels at 50 updates a minute, until the newest stands everywhere",
  unit: "s",
  better: "lower",
  n: CHANNELS * CHANGES,
  measuresItself: true,
  rounds: 2,
  own: () => async () => {
    const { PRIORITY, showCards } = await import("../../src/chat/outbox-rows.ts");
    const { openOutbox } = await import("../../src/chat/outbox.ts");
    const { SLACK_BUDGET } = await import("../../src/chat/slack/budget.ts");
    const { systemClock } = await import("../../src/kernel/clock.ts");
    const { silentLog } = await import("../../src/kernel/log.ts");
    const desk = await slackDesk(CHANNELS, "socket", deaf);
    const { update, post } = SLACK_BUDGET;
    const outbox = openOutbox({
      database: desk.database,
      surfaces: [
        {
          surface: desk.surface,
          budget: {
            post: { channel: post.channel, all: { max: 1_000, perMs: 1_000 } },
            update: {
              channel: { ...update.channel, perMs: update.channel.perMs / FASTER },
              all: { ...update.all, perMs: update.all.perMs / FASTER },
            },
          },
        },
      ],
      cardOf: desk.cardOf,
      clock: systemClock,
      log: silentLog,
    });
    await outbox.start();
    const { db } = desk.database;
    for (let at = 0; at < CHANNELS; at += 1) {
      const places = [{ surface: "slack", channel: `C${at}` }] as const;
      await showCards(db, [{ incidentId: `INC-${at}`, version: 1, priority: PRIORITY.update, places }]);
    }
    await desk.until(() => desk.fake.desk.messages.length === CHANNELS, 30_000);
    let changedAt = 0;
    for (let version = 2; version <= CHANGES + 1; version += 1) {
      await Promise.all(
        Array.from({ length: CHANNELS }, (_, at) => {
          desk.versions.set(`INC-${at}`, version);
          return showCards(db, [{ incidentId: `INC-${at}`, version, priority: PRIORITY.update, places: [] }]);
        }),
      );
      changedAt = performance.now();
    }
    const newest = (): boolean =>
      desk.fake.desk.messages.every((one) => JSON.stringify(one.blocks).includes(`version ${CHANGES + 1}`));
    await desk.until(newest, 60_000);
    const seconds = ((performance.now() - changedAt) / 1_000) * FASTER;
    const times = desk.fake.desk.calls.filter((call) => call.method === "chat.update").map((call) => call.at);
    const window = update.all.perMs / FASTER;
    const fullest = Math.max(...times.map((time) => times.filter((at) => at >= time && at < time + window).length));
    if (fullest > update.all.max) throw new Error(`${fullest} updates stood in one minute of Slack's`);
    await outbox.stop();
    await desk.close();
    return seconds;
  },
};
