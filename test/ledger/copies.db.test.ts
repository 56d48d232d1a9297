import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { fakeClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { append } from "../../src/ledger/append.ts";
import { makeCheckpoint, startCheckpoints } from "../../src/ledger/checkpoint.ts";
import { type CheckpointSink, copyOut, fileSink, httpSink, readCopies } from "../../src/ledger/copies.ts";
import { type CheckpointCopy, makeNoteKey, openNoteKey } from "../../src/ledger/note.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const key = openNoteKey("breakwater", new Secret(makeNoteKey()));
const TOKEN = "collector-token-9f2c";

/** One more entry, and a signed head over it. */
async function sign(): Promise<CheckpointCopy> {
  await database().db.transaction((tx) =>
    append(tx, { actor: "person:ana", type: "command.called", object: "/help", body: {} }),
  );
  return (await makeCheckpoint(database().db, key)) as CheckpointCopy;
}

function newHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), "breakwater-copies-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** Somebody's program that keeps what is posted to it. */
async function collector(answer: { status: number | "silence" }): Promise<{
  url: string;
  posts: { token: string | undefined; copies: CheckpointCopy[] }[];
  asked: () => number;
}> {
  let asked = 0;
  const posts: { token: string | undefined; copies: CheckpointCopy[] }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part: Buffer) => {
      text += part.toString();
    });
    request.on("end", () => {
      asked += 1;
      if (answer.status === "silence") return;
      if (answer.status < 300)
        posts.push({
          token: request.headers.authorization,
          copies: text
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as CheckpointCopy),
        });
      response.writeHead(answer.status, { location: "http://127.0.0.1:9/elsewhere" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/checkpoints`, posts, asked: () => asked };
}

afterEach(() => vi.restoreAllMocks());

test("a head that was signed but not copied, because the disk was full or the desk died, is copied at the next chance", async () => {
  const home = newHome();
  const first = await sign();
  await copyOut(database().db, fileSink(home));
  const lost = await sign();
  const newest = await sign();
  expect(readCopies(home).at(-1)).toEqual(first);
  await copyOut(database().db, fileSink(home));
  expect(readCopies(home).slice(-3)).toEqual([first, lost, newest]);
  await copyOut(database().db, fileSink(home));
  expect(new Set(readCopies(home).map((one) => one.size)).size).toBe(readCopies(home).length);
  expect(await verifyLedger(database().sql, { publicKey: key.publicKey, copies: readCopies(home) })).toMatchObject({
    ok: true,
  });
});

test("a copy that a crash cut short is dropped and written again, and hides none that follows", async () => {
  const home = newHome();
  const whole = await sign();
  await copyOut(database().db, fileSink(home));
  const torn = await sign();
  appendFileSync(path.join(home, "checkpoints.jsonl"), JSON.stringify(torn).slice(0, 40));
  const next = await sign();
  await copyOut(database().db, fileSink(home));
  expect(readCopies(home).slice(-3)).toEqual([whole, torn, next]);
});

test("a file of copies that somebody deleted or emptied is filled again from the database", async () => {
  const home = newHome();
  const sink = fileSink(home);
  const newest = await sign();
  await copyOut(database().db, sink);
  const all = readFileSync(path.join(home, "checkpoints.jsonl"), "utf8");
  rmSync(path.join(home, "checkpoints.jsonl"));
  await copyOut(database().db, sink);
  expect(readFileSync(path.join(home, "checkpoints.jsonl"), "utf8")).toBe(all);
  writeFileSync(path.join(home, "checkpoints.jsonl"), "");
  await copyOut(database().db, fileSink(home));
  expect(readCopies(home).at(-1)).toEqual(newest);
});

test("a collector gets every signed head with the desk's token, each once", async () => {
  const home = newHome();
  const { url, posts } = await collector({ status: 202 });
  const sink = (): CheckpointSink => httpSink({ home, url, token: new Secret(TOKEN) });
  await sign();
  await copyOut(database().db, sink());
  const before = posts.flatMap((post) => post.copies).length;
  const next = await sign();
  await copyOut(database().db, sink());
  await copyOut(database().db, sink());
  expect(posts.every((post) => post.token === `Bearer ${TOKEN}`)).toBe(true);
  expect(posts.flatMap((post) => post.copies).slice(before)).toEqual([next]);
  const heads = posts.flatMap((post) => post.copies);
  expect(await verifyLedger(database().sql, { publicKey: key.publicKey, copies: heads })).toMatchObject({ ok: true });
  expect(readFileSync(path.join(home, "checkpoints-sent.json"), "utf8")).not.toContain(TOKEN);
});

test("another collector's address is told everything from the first head", async () => {
  const home = newHome();
  const [old, fresh] = [await collector({ status: 200 }), await collector({ status: 200 })];
  await sign();
  await copyOut(database().db, httpSink({ home, url: old.url }));
  await copyOut(database().db, httpSink({ home, url: fresh.url }));
  expect(fresh.posts.flatMap((post) => post.copies)).toEqual(old.posts.flatMap((post) => post.copies));
});

test("a collector that refuses, redirects or says nothing delays no signing, and gets it all once it is back", async () => {
  const home = newHome();
  const answer: { status: number | "silence" } = { status: 503 };
  const { url, posts, asked } = await collector(answer);
  const clock = fakeClock(new Date("2026-03-02T12:00:00.000Z"));
  const desk = startCheckpoints({
    db: database().db,
    key,
    sinks: [fileSink(home), httpSink({ home, url, token: new Secret(TOKEN) })],
    clock,
    log: silentLog,
  });
  onTestFinished(() => desk.stop());
  const signed: (CheckpointCopy | null)[] = [];
  for (const status of [503, 307, "silence"] as const) {
    answer.status = status;
    const before = asked();
    await database().db.transaction((tx) =>
      append(tx, { actor: "person:ana", type: "command.called", object: "/help", body: {} }),
    );
    signed.push(await desk.now());
    expect(readCopies(home).at(-1)).toEqual(signed.at(-1));
    await vi.waitFor(async () => {
      await clock.advance(61_000);
      expect(asked()).toBeGreaterThan(before);
    });
  }
  expect(posts).toEqual([]);
  answer.status = 204;
  await vi.waitFor(
    async () => {
      await clock.advance(61_000);
      expect(posts.flatMap((post) => post.copies).slice(-3)).toEqual(signed);
    },
    { timeout: 15_000, interval: 50 },
  );
});
