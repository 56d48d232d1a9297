import { beforeAll, describe, expect, test } from "vitest";
import { eq } from "drizzle-orm";
import { incidents, runs } from "../../src/db/schema.ts";
import type { DeskApi } from "../../src/desk/api.ts";
import { pressed, readToken } from "../../src/desk/deed.ts";
import { responseTo } from "../../src/desk/matching.ts";
import { type DeskParts, openDesk } from "../../src/desk/open-desk.ts";
import { buildCard } from "../../src/incidents/card.ts";
import { openIncident } from "../../src/incidents/lifecycle.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { loadPlaybooks } from "../../src/load.ts";
import { controlOf } from "../policy/control.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const ana = { id: "ana", name: "Ana", roles: ["trader"], surface: "slack" } as const;
const bo = { id: "bo", name: "Bo", roles: ["risk"], surface: "discord" } as const;

describe("the button that runs a playbook", () => {
  const control = controlOf();
  let playbooks: Awaited<ReturnType<typeof loadPlaybooks>>;
  let desk: DeskApi;
  const open = (kind: string, labels: Record<string, string>): Promise<string> =>
    database().db.transaction((tx) =>
      openIncident(
        tx,
        control.seal,
        { actor: "system", surface: "test" },
        { kind, severity: "medium", title: kind, labels },
      ),
    );
  const buttons = async (id: string) =>
    (await buildCard(database().db, id, { responseTo: (one) => responseTo(one, playbooks) })).buttons;
  beforeAll(async () => {
    playbooks = await loadPlaybooks();
    const parts: Partial<DeskParts> = {
      database: database(),
      clock: systemClock,
      control,
      playbooks,
      commands: [],
      isOn: () => true,
      runs: {
        create: async (
          tx: Parameters<DeskParts["runs"]["create"]>[0],
          one: Parameters<DeskParts["runs"]["create"]>[1],
        ) => void (await tx.insert(runs).values({ ...one, version: 1 })),
        start: async () => {},
      } as unknown as DeskParts["runs"],
      people: { list: () => [] } as unknown as DeskParts["people"],
      exposure: {} as DeskParts["exposure"],
      rules: {} as DeskParts["rules"],
    };
    desk = openDesk(parts as DeskParts);
  });

  test("stands on a card whose kind a playbook answers, with what it needs known, and on no other", async () => {
    const answered = await buttons(await open("margin.ratio", { account: "paper-a" }));
    expect(answered.find((one) => one.action === "run")).toMatchObject({ label: "Run margin-breach" });
    expect(answered.map((one) => one.action)).toEqual(["acknowledge", "take", "run", "escalate", "silence", "resolve"]);
    expect((await buttons(await open("margin.ratio", {}))).map((one) => one.action)).not.toContain("run");
    expect((await buttons(await open("nobody.knows", { account: "paper-a" }))).map((one) => one.action)).not.toContain(
      "run",
    );
  });

  test("pressed by two at once starts it once, and is gone while it runs", async () => {
    const id = await open("margin.ratio", { account: "paper-a" });
    const token = readToken((await buttons(id)).find((one) => one.action === "run")?.token ?? "");
    if (token === null) throw new Error("the button carries a token of ours");
    const both = await Promise.allSettled([pressed(desk, ana, token, {}), pressed(desk, bo, token, {})]);
    expect(both.map((one) => one.status).toSorted((a, b) => a.localeCompare(b))).toEqual(["fulfilled", "rejected"]);
    const refused = both.find((one) => one.status === "rejected");
    expect(String(refused?.reason)).toContain(`margin-breach runs on ${id} already`);
    expect(await database().db.$count(runs, eq(runs.incidentId, id))).toBe(1);
    expect((await buttons(id)).map((one) => one.action)).not.toContain("run");
  });

  test("a critical card offers no escalation: there is nothing above", async () => {
    const id = await open("margin.ratio", { account: "paper-a" });
    await database().db.update(incidents).set({ severity: "critical" }).where(eq(incidents.id, id));
    expect((await buttons(id)).map((one) => one.action)).not.toContain("escalate");
  });
});
