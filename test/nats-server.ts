import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const SERVER = "/usr/sbin/nats-server";

/** Debian's nats-server is installed here. */
export const natsInstalled = existsSync(SERVER);

/** A real server with JetStream on a free port of loopback. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  /** Ends it as a power cut does; its disk stays. */
  kill(): Promise<void>;
  /** Starts it again at the same port with the same disk. */
  start(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

/** Starts a server with an empty disk. */
export async function natsServer(extra: readonly string[] = []): Promise<NatsServer> {
  const folder = await mkdtemp(path.join(tmpdir(), "nats-"));
  const port = await freePort();
  let server: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const dying = server;
    server = undefined;
    if (!dying) return;
    dying.kill("SIGKILL");
    await new Promise((resolve) => dying.once("exit", resolve));
  };
  const start = async (): Promise<void> => {
    const args = ["-js", "-sd", folder, "-a", "127.0.0.1", "-p", String(port), ...extra];
    server = spawn(SERVER, args, { stdio: "ignore" });
    while (!(await listens(port))) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    kill,
    start,
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
