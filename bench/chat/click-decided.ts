import type { Workload } from "../workload.ts";
import { quantile } from "./_slack.ts";
import { freshDatabase } from "../control/_database.ts";

const CLICKS = 400;

/** Goal: at most 15 ms from the acknowledgement (the row is durable) to the durable decision, median, 20 clicks/s. */
export const workload: Workload = {
  name: "click acknowledged to decision durable, 20/s, p50",
  unit: "ms",
  better: "lower",
  n: CLICKS,
  measuresItself: true,
  rounds: 3,
  own: () => async () => {
    const { and, eq } = await import("drizzle-orm");
    const { openInbox } = await import("../../src/chat/inbox.ts");
    const { approvals } = await import("../../src/db/schema.ts");
    const { systemClock } = await import("../../src/kernel/clock.ts");
    const { silentLog } = await import("../../src/kernel/log.ts");
    const fresh = await freshDatabase();
    const { database } = fresh;
    const { db } = database;
    const inbox = openInbox({
      database,
      clock: systemClock,
      log: silentLog,
      handle: async (event) => {
        await db
          .update(approvals)
          .set({ state: "approved" })
          .where(and(eq(approvals.planHash, event.deliveryId), eq(approvals.state, "pending")));
        return { ok: true, text: "approved" };
      },
    });
    const expiresAt = new Date(Date.now() + 600_000);
    await db.insert(approvals).values(
      Array.from({ length: CLICKS }, (_, at) => ({
        planHash: `p${at}`,
        needed: 1,
        roles: [],
        policyVersion: "1",
        expiresAt,
      })),
    );
    const user = { surface: "slack", space: "T", user: "U" } as const;
    const waits: number[] = [];
    for (let at = 0; at < CLICKS; at += 1) {
      const click = { type: "click", deliveryId: `p${at}`, user, token: "t", fields: {}, at: new Date() } as const;
      const { reply } = await inbox.receive(click);
      const acknowledged = performance.now();
      await reply;
      waits.push(performance.now() - acknowledged);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await fresh.stop();
    return quantile(waits.slice(40), 0.5);
  },
};
