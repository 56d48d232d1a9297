import type { Workload } from "../workload.ts";
import { freshDatabase } from "../control/_database.ts";
import { quantile } from "./_slack.ts";

const CLICKS = 400;
const WARM_UP = 40;
const PER_SECOND = 20;

/**
 * Goal: at most 15 ms from the acknowledgement (the row is durable) to the durable decision, median, 20 clicks/s. Each
 * click is a trader's on a plan of its own, and goes the way of the program: the linked account, the token, the vote
 * under lock with every seal checked, the decision and its ledger entries, in one transaction on a real Postgres.
 */
export const workload: Workload = {
  name: "click acknowledged to decision durable, 20/s, p50",
  unit: "ms",
  better: "lower",
  n: CLICKS - WARM_UP,
  measuresItself: true,
  rounds: 3,
  own: () => async () => {
    const { openInbox } = await import("../../src/chat/inbox.ts");
    const { systemClock } = await import("../../src/kernel/clock.ts");
    const { silentLog } = await import("../../src/kernel/log.ts");
    const { TRADERS, openJudgingDesk } = await import("../../test/chat/judging-desk.ts");
    const { TEAM } = await import("../../test/fakes/slack/state.ts");
    const fresh = await freshDatabase();
    const { database } = fresh;
    const desk = await openJudgingDesk(database);
    const decided = new Map<string, number>();
    const inbox = openInbox({
      database,
      clock: systemClock,
      log: silentLog,
      handle: async (event) => {
        const reply = await desk.handle(event);
        decided.set(event.deliveryId, performance.now());
        return reply;
      },
    });
    const tokens: string[] = [];
    for (let at = 0; at < CLICKS; at += 1) tokens.push((await desk.ask()).token("approve"));
    const waits: number[] = [];
    for (const [at, token] of tokens.entries()) {
      const pause = new Promise((resolve) => setTimeout(resolve, 1_000 / PER_SECOND));
      const user = { surface: "slack", space: TEAM, user: TRADERS[at % TRADERS.length]!.slack } as const;
      const deliveryId = `slack:${at}`;
      const { reply } = await inbox.receive({ type: "click", deliveryId, user, token, fields: {}, at: new Date() });
      const acknowledged = performance.now();
      const { text } = await reply;
      if (!text.includes("is being sent")) throw new Error(`click ${at} decided nothing: ${text}`);
      waits.push(decided.get(deliveryId)! - acknowledged);
      await pause;
    }
    await fresh.stop();
    return quantile(waits.slice(WARM_UP), 0.5);
  },
};
