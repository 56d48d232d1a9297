import { and, asc, desc, eq, sql } from "drizzle-orm";
import type { Config } from "../config.ts";
import { lostDatabase } from "../db/lost.ts";
import { accountStates, incidentEvents, incidents, orders, plans, runs, votes } from "../db/schema.ts";
import { durationsOf } from "../incidents/durations.ts";
import { systemClock } from "../kernel/clock.ts";
import { decimal, less } from "../kernel/decimal.ts";
import { messageOf } from "../kernel/errors.ts";
import { TERMINAL } from "../kernel/order.ts";
import { planHash } from "../kernel/plan.ts";
import { verifyLedger } from "../ledger/verify.ts";
import type { Program } from "../main.ts";
import type { PaperExchange } from "../venues/paper/exchange.ts";
import { type Browserless, signIn } from "./browserless.ts";
import { type DecidedInChat, type Promised, chatPromises, decideInChat } from "./demo-chat.ts";
import type { Fakes } from "./demo-fakes.ts";
import { hedgeWithPasskeys } from "./demo-step-up.ts";
import { paint } from "./paint.ts";

/** What a headless run works with. */
export interface StoryParts {
  readonly program: Program;
  readonly exchange: PaperExchange;
  readonly config: Config;
  readonly approveAs: string;
  readonly json: boolean;
  readonly speed: number;
  /** Simulated Slack and Discord, where the approval is given then; the console's addresses where null. */
  readonly fakes: Fakes | null;
  /** Whether a hedge above the tier follows, which two persons approve with passkeys. */
  readonly stepUp: boolean;
  /** Whether somebody ended the run: the story then breaks off. */
  readonly stopped: () => boolean;
}

/** The whole story at normal speed takes some thirty seconds; a run that is not done by then is a broken promise. */
const PATIENCE_MS = 240_000;
const LOOK_MS = 150;
const SAFE = decimal<"ratio">("0.60");

/** One line of the story: what kind, when, and in words; the rest for machines. */
interface StoryLine {
  readonly type: string;
  readonly at?: string;
  readonly text?: string;
  readonly [more: string]: unknown;
}

export type Say = (line: StoryLine) => void;

/** Tells the timeline as it grows, once a line. */
function teller(parts: StoryParts, incident: string, say: Say): () => Promise<void> {
  let last = 0;
  return async () => {
    const rows = await parts.program.database.db
      .select()
      .from(incidentEvents)
      .where(eq(incidentEvents.incidentId, incident))
      .orderBy(asc(incidentEvents.id));
    for (const row of rows) {
      if (row.id <= last) continue;
      last = row.id;
      say({ type: row.type, at: row.at.toISOString(), incident, actor: row.actor, text: row.text });
    }
  };
}

async function newestBreach(parts: StoryParts): Promise<typeof incidents.$inferSelect | undefined> {
  const began = parts.exchange.journal().deeds.find((one) => one.deed === "opened")?.at ?? null;
  const [row] = await parts.program.database.db
    .select()
    .from(incidents)
    .where(and(eq(incidents.kind, "margin.ratio"), sql`${incidents.openedAt} >= ${began}::timestamptz`))
    .orderBy(desc(incidents.seq))
    .limit(1);
  return row;
}

/** Presses Approve for every plan that waits, through the console's own addresses; resolves to the replies. */
async function approveWaiting(browser: Browserless, done: Set<string>, say: Say): Promise<void> {
  for (const plan of await browser.pending()) {
    if (done.has(plan.planHash) || !plan.incident) continue;
    const card = await browser.card(plan.incident);
    const button = card?.buttons.find(
      (one) => one.action === "approve" && one.token.endsWith(plan.planHash.slice(0, 16)),
    );
    if (!button) continue;
    done.add(plan.planHash);
    const reply = await browser.press(button.token);
    say({ type: "click", button: "approve", plan: plan.planHash, words: plan.words, ok: reply.ok, text: reply.text });
  }
}

/** Lets people decide every plan that waits on Slack and Discord, once its buttons stand on both. */
async function decideWaiting(
  parts: StoryParts,
  fakes: Fakes,
  browser: Browserless,
  decided: DecidedInChat[],
  say: Say,
): Promise<void> {
  for (const plan of await browser.pending()) {
    if (decided.some((one) => one.plan === plan.planHash)) continue;
    const one = await decideInChat(fakes, parts.config, parts.approveAs, plan);
    if (one === null) continue;
    decided.push(one);
    const click = { type: "click", button: "approve", plan: plan.planHash, words: plan.words };
    say({ ...click, surface: "slack", person: one.first, text: `${one.first} on Slack: ${one.onSlack.text}` });
    say({ ...click, surface: "discord", person: one.second, text: `${one.second} on Discord: ${one.onDiscord.text}` });
  }
}

async function promises(parts: StoryParts, incident: string, browser: Browserless): Promise<Promised[]> {
  const { db, sql: plain } = parts.program.database;
  const [row] = await db.select().from(incidents).where(eq(incidents.id, incident));
  const incidentPlans = await db.select().from(plans).where(eq(plans.incidentId, incident));
  const sent = await db.select().from(orders).where(eq(orders.incidentId, incident));
  const cast = (await db.select().from(votes)).filter((vote) =>
    incidentPlans.some((plan) => plan.hash === vote.planHash),
  );
  const durations = await durationsOf(db, incident);
  const journal = parts.exchange.journal();
  const account = row?.labels["account"] ?? "";
  const state = await parts.exchange.venue().reader.account(account);
  const accepted = sent.map((order) => journal.accepted.get(order.clientOrderId) ?? []);
  const approvedAt = new Map(
    cast.filter((vote) => vote.decision === "approve").map((vote) => [vote.planHash, vote.at]),
  );
  const early = sent.filter((order, at) =>
    accepted[at]?.some(
      (deed) => Date.parse(deed.at) < (approvedAt.get(order.planHash)?.getTime() ?? Number.MAX_SAFE_INTEGER),
    ),
  );
  const foreign = [...journal.accepted.values()]
    .flat()
    .filter(
      (deed) =>
        deed.account === account &&
        deed.clientOrderId.startsWith("bw") &&
        !sent.some((order) => order.clientOrderId === deed.clientOrderId),
    );
  const ledger = await verifyLedger(plain);
  const card = await browser.card(incident);
  const cancels = incidentPlans.flatMap((plan) => plan.plan.cancels);
  const resting = (await parts.exchange.venue().reader.openOrders(account)).filter((order) =>
    cancels.some((one) => one.venueOrderId === order.venueOrderId),
  );
  return [
    {
      name: "an alert became an incident card",
      held: row !== undefined && card !== null,
      detail: `${incident}${durations["time to card"] === undefined ? "" : `, ${durations["time to card"]} ms after the alert`}`,
    },
    {
      name: "resting orders were cancelled without people",
      held: resting.length === 0,
      detail: `${cancels.length} cancelled, ${resting.length} left`,
    },
    {
      name: "nothing was sent before a person approved it",
      held: sent.length > 0 && early.length === 0,
      detail: `${sent.length} order${sent.length === 1 ? "" : "s"}, ${early.length} too early`,
    },
    {
      name: "the exchange took each approved order exactly once",
      held: accepted.every((list) => list.length === 1) && foreign.length === 0,
      detail: `${accepted.filter((list) => list.length === 1).length} of ${sent.length} taken once, ${foreign.length} others`,
    },
    {
      name: "what was approved is what was sent",
      held:
        incidentPlans.every((plan) => planHash(plan.plan) === plan.hash) &&
        sent.every((order) =>
          incidentPlans.some(
            (plan) =>
              plan.hash === order.planHash &&
              plan.plan.orders.some(
                (one) => one.clientOrderId === order.clientOrderId && one.quantity === order.quantity,
              ),
          ),
        ),
      detail: `${incidentPlans.length} plans recomputed`,
    },
    {
      name: "every order has an end",
      held: sent.every((order) => TERMINAL.has(order.state)),
      detail: sent.map((order) => `${order.symbol} ${order.state}`).join(", ") || "no orders",
    },
    {
      name: "the account is really safer",
      held: state.marginRatio !== null && less(state.marginRatio, SAFE),
      detail: `margin ratio ${state.marginRatio ?? "unknown"}`,
    },
    {
      name: "the incident closed with its story",
      held: row?.status === "resolved" && (row.outcome ?? "").length > 0,
      detail: row?.outcome ?? row?.status ?? "none",
    },
    {
      name: "the card says so",
      held: card?.status === "resolved" && card.version === row?.version,
      detail: `card version ${card?.version ?? "none"}, incident version ${row?.version ?? "none"}`,
    },
    { name: "the ledger verifies", held: ledger.ok, detail: ledger.text },
  ];
}

/** Lives the demo's story without a browser: approves through the console's addresses and checks every promise at the end. */
export async function runStory(parts: StoryParts): Promise<number> {
  const say: Say = (line) => {
    if (parts.json) process.stdout.write(`${JSON.stringify(line)}\n`);
    else {
      const text = (line.text ?? "").replace(/^held/, paint.good).replace(/^BROKEN/, paint.bad);
      process.stdout.write(
        `${paint.quiet((line.at ?? "").slice(11, 19).padEnd(8))}  ${paint.strong(line.type.padEnd(24))} ${text}\n`,
      );
    }
  };
  const began = systemClock.now().getTime();
  say({
    type: "started",
    at: systemClock.now().toISOString(),
    url: parts.program.url,
    storm: parts.exchange.storm().name,
    text: `the storm of ${parts.exchange.storm().name} begins`,
  });
  const browser = await signIn(parts.program.url, await parts.program.signInFor(parts.approveAs));
  const { fakes } = parts;
  const approved = new Set<string>();
  const decided: DecidedInChat[] = [];
  let incident: string | undefined;
  let tell: (() => Promise<void>) | undefined;
  /** Tells what is new and presses what waits; resolves to whether the story is over. */
  const look = async (): Promise<boolean> => {
    if (incident === undefined) {
      incident = (await newestBreach(parts))?.id;
      if (incident !== undefined) tell = teller(parts, incident, say);
      return false;
    }
    await tell?.();
    if (fakes) await decideWaiting(parts, fakes, browser, decided, say);
    else await approveWaiting(browser, approved, say);
    const [row] = await parts.program.database.db.select().from(incidents).where(eq(incidents.id, incident));
    const unfinished = await parts.program.database.db
      .select({ id: runs.id })
      .from(runs)
      .where(sql`${runs.incidentId} = ${incident} and ${runs.state} in ('ready', 'running')`);
    return row?.status === "resolved" && unfinished.length === 0;
  };
  while (systemClock.now().getTime() - began < PATIENCE_MS) {
    await systemClock.sleep(LOOK_MS);
    if (parts.stopped()) return 1;
    try {
      if (await look()) break;
    } catch (error) {
      // The desk starts its server again, and the story waits as people would.
      if (!lostDatabase(error)) throw error;
    }
  }
  await tell?.();
  const checked =
    incident === undefined
      ? [{ name: "an alert became an incident card", held: false, detail: "no margin breach was seen" }]
      : await Promise.all([
          promises(parts, incident, browser),
          fakes ? chatPromises(fakes, parts.program.database, incident, decided) : [],
          parts.stepUp ? hedgeWithPasskeys(parts, say) : [],
        ])
          .then((lists) => lists.flat())
          .catch((error: unknown): Promised[] => [
            { name: "the promises could be checked", held: false, detail: messageOf(error) },
          ]);
  for (const one of checked)
    say({ type: "promise", ...one, text: `${one.held ? "held  " : "BROKEN"} ${one.name}: ${one.detail}` });
  const ok = checked.every((one) => one.held);
  const [state] = await parts.program.database.db.select().from(accountStates).limit(1);
  say({
    type: "result",
    ok,
    seconds: (systemClock.now().getTime() - began) / 1_000,
    text: ok ? "every promise held" : "a promise was broken",
    accounts: state ? 2 : 0,
  });
  if (!ok)
    process.stderr.write(
      `The demo broke a promise: ${checked
        .filter((one) => !one.held)
        .map((one) => `${one.name} (${one.detail})`)
        .join("; ")}.\n`,
    );
  return ok ? 0 : 1;
}
