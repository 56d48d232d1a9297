import { deaf, slackDesk } from "./_slack.ts";

const CARDS = 300;
const PER_SECOND = 20;
const WARM_UP = 40;

/** Milliseconds from the commit of a new card to its chat.postMessage at the fake, 20 a second over 100 channels. */
export async function postLatencies(): Promise<number[]> {
  const { PRIORITY, showCard } = await import("../../src/chat/outbox-rows.ts");
  const { openOutbox } = await import("../../src/chat/outbox.ts");
  const { SLACK_BUDGET } = await import("../../src/chat/slack/budget.ts");
  const { systemClock } = await import("../../src/kernel/clock.ts");
  const { silentLog } = await import("../../src/kernel/log.ts");
  const desk = await slackDesk(100, "socket", deaf);
  const outbox = openOutbox({
    database: desk.database,
    surfaces: [{ surface: desk.surface, budget: SLACK_BUDGET }],
    cardOf: desk.cardOf,
    clock: systemClock,
    log: silentLog,
  });
  await outbox.start();
  const committed: number[] = [];
  const begun = performance.now();
  for (let at = 0; at < CARDS; at += 1) {
    const due = begun + (at * 1_000) / PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const card = { incidentId: `INC-${at}`, version: 1, surface: "slack" as const, channel: `C${at % 100}` };
    await desk.database.db.transaction((tx) => showCard(tx, { ...card, priority: PRIORITY.critical }));
    committed.push(performance.now());
  }
  await desk.until(() => desk.fake.desk.messages.length === CARDS, 10_000);
  const posts = desk.fake.desk.calls.filter((call) => call.method === "chat.postMessage");
  const latencies = posts.map((call) => {
    const metadata = call.args["metadata"] as { event_payload: { id: string } };
    const at = Number(/^INC-(\d+)/.exec(metadata.event_payload.id)?.[1]);
    return call.at - (committed[at] ?? 0);
  });
  await outbox.stop();
  await desk.close();
  return latencies.slice(WARM_UP);
}
