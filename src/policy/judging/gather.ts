import { and, eq } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { accountDays, accountStates, incidents, runs } from "../../db/schema.ts";
import { type AccountState, dayOf } from "../../kernel/account.ts";
import { abs, decimal, div, greater, sum } from "../../kernel/decimal.ts";
import { incidentFacts, runFacts } from "../../kernel/origin.ts";
import type { Plan } from "../../kernel/plan.ts";
import { type DayRow, dayLoss } from "./day-loss.ts";
import { type AccountFigures, type Facts, type Known, type Quote, askersOf, personOf, requesterOf } from "./facts.ts";
import { rolesOf, voices } from "../people/voices.ts";
import type { ReadPublished } from "../rules/published.ts";
import { isOnCall } from "../rules/rota.ts";
import { databaseNow } from "../rows.ts";
import type { Seal } from "../../kernel/seal.ts";
import { statesNow } from "../freeze/trading-state.ts";
import { usageOf } from "./usage.ts";

/** Where the facts come from that rules name under `when`. What is not known denies. */
export interface Conditions {
  /** Figures of an account that are older say nothing of what it holds now. */
  readonly staleAfterMs: number;
  /** Whether the venue's dead-man switch is armed for an account. */
  deadManArmed(account: string): Known;
  /** Whether an account's orders were compared with the venue a short while ago and nothing is open between them. */
  reconcilerHealthy(tx: Tx, account: string, at: Date): Promise<Known>;
}

/** What the control plane needs from the rest of the program, handed over once by the composition root. */
export interface Control extends Conditions {
  readonly seal: Seal;
  readonly published: ReadPublished;
  /** The state that the kill switch's marker on this machine's disk demands; null where it was not pulled. */
  halted(): "reducing" | "halted" | null;
  /** Emergency powers that a person holds over a scope now. */
  breakGlass(tx: Tx, person: string, account: string): Promise<boolean>;
}

/** What stands around the plan at the moment of judging. */
export interface Around {
  readonly quotes: Readonly<Record<string, readonly Quote[]>>;
  /** When the plan was proposed, by the database's clock; null at the proposal itself. */
  readonly proposedAt: Date | null;
}

/** An account as limits see it; null where nothing is known of it. */
export function figuresOf(state: AccountState | undefined, day: DayRow | undefined, at: Date): AccountFigures | null {
  if (state === undefined) return null;
  const gross = sum(state.positions.map((one) => abs(decimal(one.notionalUsd))));
  const equity = decimal(state.equityUsd);
  const positive = greater(equity, decimal("0"));
  return {
    leverage: positive ? div(gross, equity, 6, "up") : null,
    openOrders: String(state.openOrders.length),
    lossUsd: dayLoss(day, equity, at),
  };
}

/** Who stands behind a run or an incident: persons who may not approve, and how far the source is believed. */
async function origin(
  tx: Tx,
  seal: Seal,
  plan: Plan,
): Promise<Pick<Facts, "trust" | "source" | "severity" | "excluded" | "proven"> & { readonly asker: string | null }> {
  const requester = requesterOf(plan.requestedBy);
  const [run] = plan.run === null ? [] : await tx.select().from(runs).where(eq(runs.id, plan.run));
  const starter = personOf(run?.requestedBy ?? "");
  const asker = requester.kind === "person" ? requester.id : starter;
  const [incident] =
    plan.incident === null ? [] : await tx.select().from(incidents).where(eq(incidents.id, plan.incident));
  const ours =
    plan.run === null ||
    (run !== undefined &&
      (plan.incident === null || run.incidentId === plan.incident) &&
      seal.holds("run", runFacts(run), run.seal));
  const said =
    plan.incident === null ||
    (incident !== undefined && seal.holds("incident", incidentFacts(incident), incident.seal));
  // What a playbook does is only as trustworthy as what began it; where that is not known it is not trusted.
  const begun = run?.trust ?? incident?.trust ?? (requester.kind === "playbook" ? "unsigned" : "internal");
  return {
    trust: requester.kind === "person" ? "internal" : begun,
    source: incident?.source ?? null,
    severity: incident?.severity ?? null,
    excluded: [...new Set([asker, starter].filter((one) => one !== null))],
    proven: ours && said,
    asker,
  };
}

/** Emergency powers are a person's, whether they ask themselves or a playbook that they started does. */
async function anyHolds(tx: Tx, control: Control, persons: readonly string[], account: string): Promise<boolean> {
  for (const person of persons) if (await control.breakGlass(tx, person, account)) return true;
  return false;
}

/** The switch's marker counts beside the rows: it may stand before the database hears of it. */
function withMarker(
  states: NonNullable<Facts["states"]>,
  marker: "reducing" | "halted" | null,
): NonNullable<Facts["states"]> {
  if (marker === null || states["firm"] === "halted") return states;
  return { ...states, firm: marker };
}

/** Reads everything that the judgement of a plan depends on, inside the caller's transaction. */
export async function gather(tx: Tx, control: Control, plan: Plan, around: Around): Promise<Facts> {
  const at = await databaseNow(tx);
  const rules = await control.published(tx);
  const { asker, ...begun } = await origin(tx, control.seal, plan);
  const requester = requesterOf(plan.requestedBy, {
    person: asker,
    roles: asker === null ? [] : await rolesOf(tx, control, asker),
    onCall: asker === null ? null : isOnCall(rules?.rotas ?? {}, asker, at),
  });
  const [read] = await tx.select().from(accountStates).where(eq(accountStates.account, plan.account));
  const fresh = read !== undefined && at.getTime() - read.receivedAt.getTime() <= control.staleAfterMs;
  const [day] = await tx
    .select()
    .from(accountDays)
    .where(and(eq(accountDays.account, plan.account), eq(accountDays.day, dayOf(at))));
  const keys = [
    "firm",
    `account:${plan.account}`,
    `venue:${plan.venue}`,
    ...new Set(plan.orders.map((order) => `instrument:${order.symbol}`)),
    ...askersOf(requester),
    ...(begun.source === null ? [] : [`source:${begun.source}`]),
  ];
  return {
    plan,
    ...begun,
    requester,
    at,
    ageMs: around.proposedAt === null ? 0 : at.getTime() - around.proposedAt.getTime(),
    states: withMarker(await statesNow(tx), control.halted()),
    usage: await usageOf(tx, keys),
    figures: figuresOf(fresh ? read.state : undefined, day, at),
    quotes: around.quotes,
    deadManArmed: control.deadManArmed(plan.account),
    reconcilerHealthy: await control.reconcilerHealthy(tx, plan.account, at),
    approvers: await voices(tx, control, around.proposedAt ?? undefined),
    switchedOff: requester.kind === "playbook" && rules?.playbooksOff.includes(requester.id) === true,
    breakGlass: await anyHolds(tx, control, begun.excluded, plan.account),
  };
}
