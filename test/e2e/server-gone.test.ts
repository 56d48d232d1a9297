import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import postgres from "postgres";
import { systemClock } from "../../src/kernel/clock.ts";
import { type Line, breakwater, home } from "./demo/program.ts";

const postmaster = (folder: string): number =>
  Number(readFileSync(path.join(folder, "pg/postmaster.pid"), "utf8").split("\n")[0]);

/** Asks until it is so; the test's own time limit ends it. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
    await systemClock.sleep(100);
  }
}

test(
  "an embedded database that the system kills is started again: the desk goes on, says so on a card, and still owns its folder",
  { timeout: 120_000 },
  async () => {
    const folder = home();
    const started = await new Promise<Line>((resolve) =>
      breakwater(folder, ["demo", "--storm", "calm", "--json"], (line) => line.type === "started" && resolve(line)),
    );
    const before = postmaster(folder);
    process.kill(before, "SIGKILL");
    await until(async () => ((await fetch(`${String(started["url"])}/readyz`)).ok ? undefined : true));
    await until(async () => ((await fetch(`${String(started["url"])}/readyz`)).ok ? true : undefined));
    expect(postmaster(folder)).not.toBe(before);

    const password = readFileSync(path.join(folder, "pg.password"), "utf8").trim();
    const port = readFileSync(path.join(folder, "pg.port"), "utf8").trim();
    const database = postgres(`postgresql://postgres:${password}@127.0.0.1:${port}/breakwater`, { max: 1 });
    const titles = await until(async () => {
      const rows = await database<{ title: string }[]>`
        select title from breakwater.incidents where kind = 'database.restarted'`;
      return rows.length > 0 ? rows.map((row) => row.title) : undefined;
    });
    expect(titles).toEqual(["The desk's database ended by itself and was started again"]);
    await database.end();

    const second = breakwater(folder, ["demo", "--storm", "calm", "--json"]);
    expect(await second.ended).not.toBe(0);
    expect(second.errors.join("\n")).toContain("another Breakwater runs on");
  },
);

test(
  "a database that is killed as the incident opens, as people are asked and as the order goes costs the story nothing",
  { timeout: 200_000 },
  async () => {
    const folder = home();
    const moments = new Set(["incident.opened", "approval.opened", "approval.decided"]);
    let killed = 0;
    const { ended, lines, errors } = breakwater(
      folder,
      ["demo", "--headless", "--approve-as", "ana", "--json"],
      ({ type }) => {
        if (!moments.delete(type)) return;
        process.kill(postmaster(folder), "SIGKILL");
        killed += 1;
      },
    );
    expect({ code: await ended, errors: errors.filter((line) => !line.startsWith("{")) }).toEqual({
      code: 0,
      errors: [],
    });
    expect(killed).toBe(3);
    expect(lines.at(-1)).toMatchObject({ type: "result", ok: true });
  },
);
