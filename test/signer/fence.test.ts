import { createServer } from "node:http";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { messageOf } from "../../src/kernel/errors.ts";
import { raiseFence } from "../../src/signer/fence.ts";

const server = createServer((_, response) => void response.end("here"));
let port = 0;
let lower = (): void => undefined;
const refused: string[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  lower();
  refused.length = 0;
});
afterAll(() => void server.close());

const said = async (run: () => Promise<unknown>): Promise<string> => {
  try {
    await run();
    return "connected";
  } catch (error) {
    return `${messageOf(error)} ${messageOf((error as Error).cause)}`;
  }
};

test("a destination on the list is reached", async () => {
  lower = raiseFence([{ host: "127.0.0.1", port }], (where) => refused.push(where));
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("here");
  expect(refused).toEqual([]);
});

test.each([
  ["another port of the same host", () => fetch("http://127.0.0.1:3999/"), "127.0.0.1:3999"],
  ["the same address by another name", () => fetch(`http://localhost:${port}/`), "localhost:PORT"],
  ["another host over TLS", () => fetch("https://attacker.example/"), "attacker.example:443"],
  [
    "another host by a raw socket",
    async () => net.connect({ host: "attacker.example", port: 443 }),
    "attacker.example:443",
  ],
  ["another host by port and name", async () => net.connect(8080, "attacker.example"), "attacker.example:8080"],
  ["another host by TLS", async () => tls.connect(443, "attacker.example"), "attacker.example:443"],
  ["another process by its socket", async () => net.connect("/run/docker.sock"), "/run/docker.sock"],
  [
    "a stream to another host",
    () =>
      new Promise((_resolve, reject) => {
        new WebSocket("wss://attacker.example/stream").on("error", reject);
      }),
    "attacker.example:443",
  ],
])("%s is not", async (_what, run, where) => {
  lower = raiseFence([{ host: "127.0.0.1", port }], (one) => refused.push(one));
  const place = where.replace("PORT", String(port));
  expect(await said(run)).toContain(`the signer may not reach ${place}`);
  expect(refused).toEqual([place]);
});
