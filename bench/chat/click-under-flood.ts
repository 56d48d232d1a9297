import type { AddressInfo } from "node:net";
import path from "node:path";
import { Worker } from "node:worker_threads";
import type { Workload } from "../workload.ts";
import { quantile, slackDesk } from "./_slack.ts";

const SECONDS = Number(process.env["BENCH_FLOOD_SECONDS"] ?? "60");
const PER_SECOND = 2_000;
const CLICKS_PER_SECOND = 5;

/** Goal: at most 200 ms from a click to its acknowledgement, p99, while 2,000 forged requests a second arrive for 60 s. */
export const workload: Workload = {
  name: "click to acknowledgement during 2,000 bad signatures/s, p99",
  unit: "ms",
  better: "lower",
  n: SECONDS * CLICKS_PER_SECOND,
  measuresItself: true,
  rounds: 1,
  own: () => async () => {
    const { serve } = await import("@hono/node-server");
    const { openInbox } = await import("../../src/chat/inbox.ts");
    const { systemClock } = await import("../../src/kernel/clock.ts");
    const { silentLog } = await import("../../src/kernel/log.ts");
    const { clickPayload, signed } = await import("../../test/fakes/slack/people.ts");
    const { SIGNING } = await import("../../test/chat/slack/driver.ts");
    let inbox: ReturnType<typeof openInbox> | undefined;
    const desk = await slackDesk(1, "http", {
      receive: (event) => inbox?.receive(event) ?? Promise.reject(new Error("not open")),
      complete: async () => [],
    });
    inbox = openInbox({
      database: desk.database,
      handle: async () => ({ ok: true, text: "done" }),
      clock: systemClock,
      log: silentLog,
    });
    const server = serve({ fetch: (request) => desk.surface.http(request), port: 0, hostname: "127.0.0.1" });
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const flood = new Worker(path.join(import.meta.dirname, "_flood.mjs"), {
      workerData: { port, perSecond: PER_SECOND, seconds: SECONDS },
    });
    const waits: number[] = [];
    const click = async (): Promise<void> => {
      const request = signed(SIGNING, clickPayload(desk.fake, { user: "U0ANA" }, "INC-7:1:approve:ab"));
      const begun = performance.now();
      const response = await fetch(`http://127.0.0.1:${port}/slack/events`, {
        method: "POST",
        headers: request.headers,
        body: await request.text(),
      });
      if (response.status !== 200) throw new Error(`acknowledged with ${response.status}`);
      waits.push(performance.now() - begun);
    };
    const begun = performance.now();
    const pending: Promise<void>[] = [];
    while (performance.now() - begun < SECONDS * 1_000) {
      pending.push(click());
      await new Promise((resolve) => setTimeout(resolve, 1_000 / CLICKS_PER_SECOND));
    }
    await Promise.all(pending);
    await flood.terminate();
    server.close();
    await desk.close();
    return quantile(waits, 0.99);
  },
};
