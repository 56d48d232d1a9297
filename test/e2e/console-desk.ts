import { and, eq, like } from "drizzle-orm";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type ConsoleOptions, type ConsoleSurface, openConsole } from "../../src/chat/console/console.ts";
import type { Click, CommandCall, Inbound, Reply } from "../../src/chat/surface.ts";
import type { Db } from "../../src/db/client.ts";
import { approvals, incidentEvents, incidents, plans, votes } from "../../src/db/schema.ts";
import { buildCards } from "../../src/incidents/card.ts";
import { durationsOf } from "../../src/incidents/durations.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { type BackendParts, openBackend } from "../../src/views/console-backend.ts";
import { issueSignIn } from "../../src/views/sessions.ts";
import { buildPage } from "./built-page.ts";

/** The people of the test desk. */
const PEOPLE = [
  { id: "ana", name: "Ana Ruiz", roles: ["risk", "trader"] },
  { id: "bo", name: "Bo Lindqvist", roles: ["risk"] },
  { id: "guest", name: "Gil Guest", roles: [] },
] as const;

/** A console over a database, with an inbound that decides like the desk: once. */
export interface TestConsole extends AsyncDisposable {
  readonly console: ConsoleSurface;
  readonly events: (Click | CommandCall)[];
  /** Address that signs a person in. */
  signIn(person: string): Promise<string>;
}

const COMMANDS = [
  { value: "/hedge", hint: "bring an account's delta to zero" },
  { value: "/help", hint: "what you can do" },
  { value: "/positions", hint: "open positions" },
  { value: "/risk", hint: "margin and greeks" },
];

async function decide(db: Db, click: Click): Promise<{ reply: Reply; incident: string; version: number }> {
  const [incident = "", , action = "", subject = ""] = click.token.split(":");
  return db.transaction(async (tx) => {
    const bump = async (text: string, type: string): Promise<number> => {
      const [row] = await tx.select().from(incidents).where(eq(incidents.id, incident)).for("update");
      const version = (row?.version ?? 0) + 1;
      await tx.update(incidents).set({ version }).where(eq(incidents.id, incident));
      await tx.insert(incidentEvents).values({ incidentId: incident, type, actor: `person:${click.user.user}`, text });
      return version;
    };
    if (action === "acknowledge") {
      await tx
        .update(incidents)
        .set({ status: "acknowledged", owner: click.user.user })
        .where(eq(incidents.id, incident));
      return {
        reply: { ok: true, text: "Acknowledged." },
        incident,
        version: await bump("acknowledged", "incident.acknowledged"),
      };
    }
    const state = action === "approve" ? ("approved" as const) : ("denied" as const);
    const [won] = await tx
      .update(approvals)
      .set({ state, decidedAt: new Date() })
      .where(and(like(approvals.planHash, `${subject}%`), eq(approvals.state, "pending")))
      .returning();
    if (!won)
      return {
        reply: { ok: false, text: "Already decided by Ana Ruiz; nothing was done by this click." },
        incident,
        version: 0,
      };
    await tx.insert(votes).values({
      planHash: won.planHash,
      person: click.user.user,
      decision: action === "approve" ? "approve" : "deny",
      roles: ["risk"],
      surface: "console",
    });
    await tx.update(plans).set({ state }).where(eq(plans.hash, won.planHash));
    return {
      reply: { ok: true, text: `${state === "approved" ? "Approved" : "Denied"}.` },
      incident,
      version: await bump(`${state} the plan`, "approval.decided"),
    };
  });
}

/** Opens a console on a free port over `db`; `setting` overrides any of its options, `recordings` are what it replays. */
export async function openTestConsole(
  db: Db,
  setting: Partial<ConsoleOptions> & {
    readonly market?: BackendParts["market"];
    readonly risk?: BackendParts["risk"];
  } = {},
  recordings: BackendParts["recordings"] = { list: async () => [], open: async () => null },
): Promise<TestConsole> {
  buildPage();
  const events: (Click | CommandCall)[] = [];
  const backend = openBackend({
    db,
    drawing: db,
    clock: systemClock,
    people: () => PEOPLE,
    accounts: [
      { id: "paper-a", venue: "paper", environment: "paper" },
      { id: "paper-b", venue: "paper", environment: "paper" },
    ],
    cards: (ids) => buildCards(db, ids, { nameOf: (id) => PEOPLE.find((one) => one.id === id)?.name ?? id }),
    durations: (incident) => durationsOf(db, incident),
    dots: () => [
      { name: "paper", state: "up", detail: "last answer 1 s ago" },
      { name: "deribit", state: "degraded", detail: "stream silent for 12 s, polling" },
      { name: "Slack", state: "unknown", detail: "not configured" },
    ],
    onCall: () => ["ana"],
    deadMan: (account) => (account === "paper-a" ? "armed, 1 min" : null),
    thresholds: [
      { label: "warning", ratio: "0.6" },
      { label: "limit", ratio: "0.8" },
    ],
    playbooks: () => [
      {
        name: "margin-breach",
        version: 1,
        title: "Margin ratio critical: cancel resting orders, reduce with approval",
        on: "margin.ratio, critical",
        needs: ["cancel", "reduce"],
        enabled: true,
      },
    ],
    market: (hits) => setting.market?.(hits) ?? [],
    risk: async () => setting.risk?.() ?? { everyMs: 5_000, parts: [] },
    detectors: () => [
      {
        name: "spoofing",
        title: "Layers of orders that vanish when the price comes near",
        stream: "order book",
        params: "levels 5, lifetime 2 s",
        alert: "market.spoofing",
        scope: "market",
        source: "MAR Annex I indicators",
        settings: [
          { name: "levels", value: 5, usual: 5, unit: "count", about: "Levels from the best price that count as near" },
          { name: "lifeMs", value: 1_500, usual: 2_000, unit: "ms", about: "Orders that live longer are meant" },
        ],
      },
    ],
    settings: () => ({
      groups: [
        {
          title: "Desk",
          rows: [
            { label: "Name", value: "Harbour desk" },
            { label: "Environment", value: "paper" },
          ],
        },
      ],
    }),
    dryRun: async (playbook) => ({
      ok: true,
      text: `${playbook} would do this.`,
      steps: [{ name: "cancel resting orders", note: "3 orders" }],
    }),
    verifyLedger: async () => ({ ok: true, text: "12 entries, all sealed.", firstBad: null }),
    proof: async (seq) => (seq <= 12 ? JSON.stringify({ seq }) : null),
    recordings,
  });
  const inbound: Inbound = {
    async receive(event) {
      events.push(event);
      if (event.type === "command") return { reply: Promise.resolve(answer(event.text)) };
      const { reply, incident, version } = await decide(db, event);
      if (version > 0) surface.publish({ type: "card", incident, version });
      return { reply: Promise.resolve(reply) };
    },
    complete: async (_user, text) => COMMANDS.filter((one) => one.value.startsWith(text)),
  };
  const surface = await openConsole({
    host: "127.0.0.1",
    port: 0,
    backend,
    inbound,
    clock: systemClock,
    log: silentLog,
    publicOrigin: null,
    environment: "paper",
    deskName: "Harbour desk",
    ...setting,
  });
  return {
    console: surface,
    events,
    signIn: async (person) => `${surface.url}/sign-in?token=${await issueSignIn(db, person)}`,
    [Symbol.asyncDispose]: () => surface.close(),
  };
}

const answer = (text: string): Reply =>
  text.startsWith("/positions")
    ? {
        ok: true,
        text: "2 positions",
        table: {
          columns: ["Account", "Instrument", "Quantity", "Unrealised USD"],
          rows: [
            ["paper-a", "BTC/USDT:USDT", "31.4", "-281,673.7"],
            ["paper-b", "ETH/USDT:USDT", "-12", "+1,204"],
          ],
        },
      }
    : { ok: false, text: `There is no ${text.split(" ")[0] ?? ""}; /help lists the commands.` };

/** A fresh browser profile on a page, signed in as `person`. */
export async function visit(
  browser: Browser,
  desk: TestConsole,
  person: string,
  setting: Parameters<Browser["newContext"]>[0] = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...setting });
  // The context's own request spends the token: its cookie is the pages', and the page in between need not be drawn.
  await context.request.get(await desk.signIn(person), { maxRedirects: 0 });
  const page = await context.newPage();
  await page.goto(`${desk.console.url}/`);
  return { context, page };
}
