import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Faults, answerUnder, bodyOf, faults } from "../faults.ts";

/** What a pager was sent, in order. */
export interface PagerCall {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/** PagerDuty's and ntfy's addresses on loopback: takes events, folds them by their key, fails as it is told. */
export interface FakePager {
  readonly url: string;
  readonly calls: PagerCall[];
  /** PagerDuty's incidents by key: the newest action. */
  readonly incidents: Map<string, string>;
  readonly faults: Faults;
  close(): Promise<void>;
}

export async function openFakePager(): Promise<FakePager> {
  const calls: PagerCall[] = [];
  const incidents = new Map<string, string>();
  const box = faults();
  const server: Server = createServer((request, response) => {
    void (async () => {
      const body = JSON.parse((await bodyOf(request)).toString()) as Record<string, unknown>;
      await answerUnder(box.take("*"), response, () => {
        calls.push({ path: request.url ?? "/", body });
        if (request.url !== "/v2/enqueue") return { status: 200, body: { id: "x" } };
        const key = String(body["dedup_key"]);
        const action = String(body["event_action"]);
        // PagerDuty takes an end of what never began, and makes nothing of it.
        if (action === "trigger" || incidents.has(key)) incidents.set(key, action);
        return { status: 202, body: { status: "success", dedup_key: key } };
      });
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    incidents,
    faults: box,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
