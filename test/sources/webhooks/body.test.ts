import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { messageOf } from "../../../src/kernel/errors.ts";
import { readBody } from "../../../src/sources/webhooks/body.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A server that answers with what it read, or why it did not; `ready` holds each request back before it reads. */
async function reader(ready: (incoming: http.IncomingMessage) => Promise<unknown> = async () => {}) {
  const said: string[] = [];
  const server = http.createServer((incoming, outgoing) => {
    const request = new Request("http://desk/hooks/one", { method: "POST" });
    void ready(incoming)
      .then(() => readBody(request, incoming))
      .then(
        (raw) => said.push(`${raw.length} bytes`),
        (error: unknown) => said.push(messageOf(error)),
      )
      .then(() => outgoing.writeHead(200, { connection: "close" }).end(said.at(-1)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({ close: () => (server.closeAllConnections(), server.close()) });
  return { port: (server.address() as net.AddressInfo).port, said };
}

async function connected(port: number): Promise<{ readonly socket: net.Socket; readonly heard: () => string }> {
  let heard = "";
  const socket = net.connect(port, "127.0.0.1").setEncoding("utf8");
  socket.on("data", (text: string) => (heard += text)).on("error", () => {});
  open.push({ close: () => socket.destroy() });
  await once(socket, "connect");
  return { socket, heard: () => heard };
}

const HEAD = "POST /hooks/one HTTP/1.1\r\nhost: desk\r\ntransfer-encoding: chunked\r\n\r\n";
const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n`;

describe("a body on the wire", () => {
  test("of several pieces is read whole", async () => {
    const { port } = await reader();
    const { socket, heard } = await connected(port);
    socket.write(HEAD + chunk(1_000));
    await new Promise(setImmediate);
    socket.write(`${chunk(234)}0\r\n\r\n`);
    await expect.poll(heard).toContain("1234 bytes");
  });

  test("that does not say its length and goes on beyond the limit is answered, not cut off", async () => {
    const { port } = await reader();
    const { socket, heard } = await connected(port);
    socket.write(HEAD);
    for (let sent = 0; sent < 5; sent += 1) socket.write(chunk(64 * 1_024));
    await expect.poll(heard).toMatch(/^HTTP\/1\.1 200[\s\S]*256/);
  });

  test("that breaks off in the middle is refused", async () => {
    const { port, said } = await reader();
    const { socket } = await connected(port);
    socket.write(HEAD + chunk(100));
    await new Promise(setImmediate);
    socket.destroy();
    await expect.poll(() => said).toEqual(["the body broke off before its end; send it again"]);
  });

  test("whose sender had gone before anybody read is refused, so that nothing waits for it for ever", async () => {
    const { port, said } = await reader(
      (incoming) => new Promise((resolve) => incoming.on("error", () => {}).once("close", resolve)),
    );
    const { socket } = await connected(port);
    socket.write(HEAD + chunk(100));
    await new Promise(setImmediate);
    socket.destroy();
    await expect.poll(() => said).toEqual(["the body broke off before its end; send it again"]);
  });
});
