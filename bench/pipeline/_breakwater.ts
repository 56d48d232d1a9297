import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { Webhook } from "standardwebhooks";
import { type Running, freePort, start, until } from "./_process.ts";
import { type Target, numberIn, titleOf } from "./_target.ts";

const root = path.resolve(import.meta.dirname, "../..");
const SECRET = `whsec_${randomBytes(32).toString("base64")}`;

const DESK = `
desk: { name: Bench }
people:
  ana: { name: Ana, roles: [trader, operator] }
accounts: {}
webhooks:
  bench: { sender: generic, secret: BENCH_SECRET, rate: { perSecond: 100000, burst: 100000 } }
`;

/** The program under test, with what it took to its first page. */
export interface Breakwater extends Target {
  readonly startedInMs: number;
  /** Ends it as a power cut would. */
  kill(): void;
}

/** What a desk of the bench has beside its webhook. */
export interface BenchDesk {
  /** An embedded Postgres where left out. */
  readonly databaseUrl?: string;
  /** Lines of desk.yaml beside the shared ones. */
  readonly more?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The alert of a number; `account` is the first number of its body. */
  readonly alertOf?: (number: number, account: number) => unknown;
}

/** The whole program in a new folder, signed in to its console. */
export async function startBreakwater(desk: BenchDesk = {}): Promise<Breakwater> {
  const folder = await mkdtemp(path.join(tmpdir(), "breakwater-bench-"));
  await writeFile(path.join(folder, "desk.yaml"), DESK + (desk.more ?? ""));
  const port = await freePort();
  let signIn = "";
  const begun = performance.now();
  const program: Running = start(
    process.execPath,
    [path.join(root, "bin/breakwater.js"), "start", "--json"],
    {
      BENCH_SECRET: SECRET,
      BREAKWATER_HOME: path.join(folder, "home"),
      BREAKWATER_DESK: path.join(folder, "desk.yaml"),
      BREAKWATER_HTTP: `127.0.0.1:${port}`,
      BREAKWATER_LOG: "error",
      DATABASE_URL: desk.databaseUrl ?? "",
      ...desk.environment,
    },
    (line) => {
      signIn ||= (JSON.parse(line) as { signIn?: string }).signIn ?? "";
    },
  );
  await until(async () => signIn !== "", "the program");
  const page = await fetch(signIn, { redirect: "manual" });
  await page.text();
  const startedInMs = performance.now() - begun;
  const cookie = page.headers.getSetCookie()[0]?.split(";")[0] ?? "";

  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const signer = new Webhook(SECRET);
  let delivery = 0;
  const stream = await watch(port, cookie, (number) => target.onShown(number));
  const target = {
    pid: program.pid,
    startedInMs,
    kill: () => process.kill(program.pid, "SIGKILL"),
    onShown: (_number: number): void => {},
    send(numbers: readonly number[]): Promise<boolean> {
      const drawn = desk.alertOf ?? alertOf;
      const body = JSON.stringify({ alerts: numbers.map((number) => drawn(number, numbers[0] ?? 0)) });
      const id = `bench_${(delivery += 1)}`;
      const at = new Date();
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "webhook-id": id,
        "webhook-timestamp": Math.floor(at.getTime() / 1_000),
        "webhook-signature": signer.sign(id, at, body),
      };
      return post({ port, path: "/hooks/bench", agent, headers }, body, 202);
    },
    async stop() {
      stream.destroy();
      agent.destroy();
      await program.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return target;
}

/** Alerts of one body are about one account, as Alertmanager groups them; every body is about another. */
const alertOf = (number: number, account: number): unknown => ({
  kind: "bench.limit",
  severity: "high",
  title: titleOf(number),
  summary: "The limit of this account was reached; the figures below say by how much. Filled up to a usual length.",
  labels: { account: `account-${account}`, venue: "paper", instrument: "BTC-USDT", host: `host-${number}` },
  values: { ratio: "0.83", equityUsd: "1250000.50" },
});

/** Posts a body; resolves with whether the answer was the wanted one. */
export function post(options: http.RequestOptions, body: string, wanted: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", method: "POST", ...options }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode === wanted));
    });
    request.on("error", reject).end(body);
  });
}

/** Reads the console's stream as a page that shows every card. */
function watch(port: number, cookie: string, onShown: (number: number) => void): Promise<http.ClientRequest> {
  return new Promise((resolve, reject) => {
    const request = http.get(
      { host: "127.0.0.1", port, path: "/events?incident=all", headers: { cookie } },
      (response) => {
        let rest = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          const frames = (rest + chunk).split("\n\n");
          rest = frames.pop() ?? "";
          for (const frame of frames) if (frame.includes("event: card")) onShown(numberIn(frame));
        });
        resolve(request);
      },
    );
    request.on("error", reject);
  });
}
