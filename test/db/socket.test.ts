import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { sockets } from "../../src/db/socket.ts";

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

/** A server that keeps what it is told, and where it listens. */
async function listener(): Promise<{ readonly port: number; readonly heard: () => string }> {
  let heard = "";
  const server = net.createServer((socket) => {
    opened.push({ close: () => socket.destroy() });
    socket.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
    });
  });
  opened.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as net.AddressInfo).port, heard: () => heard };
}

const closedPort = async (): Promise<number> => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

describe("the database's sockets", () => {
  test("what is written in one turn leaves as one message, in order", async () => {
    const { port, heard } = await listener();
    const socket = sockets()({ host: ["127.0.0.1"], port: [port] });
    opened.push({ close: () => socket.destroy() });
    await once(socket, "connect");
    const together = vi.spyOn(socket, "_writev" as never);
    const alone = vi.spyOn(socket, "_write");
    socket.write("a".repeat(2_000));
    await Promise.resolve();
    socket.write("b".repeat(2_000));
    await Promise.resolve().then(() => socket.write("c"));
    await expect.poll(heard).toBe(`${"a".repeat(2_000)}${"b".repeat(2_000)}c`);
    expect(together).toHaveBeenCalledTimes(1);
    expect(alone).not.toHaveBeenCalled();
    socket.write("later");
    await expect.poll(heard).toMatch(/clater$/);
  });

  test("a server's socket file is taken in place of its address", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "breakwater-socket-"));
    opened.push({ close: () => rmSync(folder, { recursive: true, force: true }) });
    const file = path.join(folder, ".s.PGSQL.5432");
    let heard = "";
    const server = net.createServer((socket) => socket.on("data", (text) => (heard += String(text)))).listen(file);
    opened.push(server);
    await once(server, "listening");
    const socket = sockets(file)({ host: ["127.0.0.1"], port: [await closedPort()], path: false });
    opened.push({ close: () => socket.destroy() });
    await once(socket, "connect");
    socket.write("hello");
    await expect.poll(() => heard).toBe("hello");
  });

  test("a batch of many alerts does not hold the statements after it back", async () => {
    const { port } = await listener();
    const socket = sockets()({ host: ["127.0.0.1"], port: [port] });
    opened.push({ close: () => socket.destroy() });
    expect(socket.write("x".repeat(200_000))).toBe(true);
  });

  test("with two hosts, the attempt after a refused one goes to the other", async () => {
    const { port, heard } = await listener();
    const open = sockets();
    const place = { host: ["127.0.0.1", "127.0.0.1"], port: [await closedPort(), port] };
    const [refused] = await once(open(place), "error");
    expect(refused).toMatchObject({ code: "ECONNREFUSED" });
    const second = open(place);
    opened.push({ close: () => second.destroy() });
    second.write("here");
    await expect.poll(heard).toBe("here");
  });
});
