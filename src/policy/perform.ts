import { and, eq, like } from "drizzle-orm";
import type { Desk } from "../actions/desk.ts";
import { readerOf } from "../actions/desk.ts";
import { type CarriedOut, carryOut } from "../actions/orders/carry-out.ts";
import { settleLeftovers } from "../actions/orders/leftovers.ts";
import { noteIncident } from "../db/changes.ts";
import type { Database, Tx } from "../db/client.ts";
import { orders, plans } from "../db/schema.ts";
import type { Alert } from "../kernel/alert.ts";
import { decimal, grouped } from "../kernel/decimal.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { type Plan, fingerprintWords, settledWords } from "../kernel/plan.ts";
import type { ActionRequest, RequestContext } from "../kernel/request.ts";
import { endAbandoned, endOf } from "./plans/abandoned.ts";
import { answerOf, openApproval } from "./people/approvals.ts";
import { claimPlan, refusePlan } from "./plans/claim.ts";
import { consentOf } from "./plans/consent.ts";
import { draftPlan } from "./plans/draft.ts";
import type { Quote } from "./judging/facts.ts";
import type { Control } from "./judging/gather.ts";
import { claimedTier, intend, intentObjection } from "./plans/intent.ts";
import { type Decision, decisive } from "./judging/judge.ts";
import { lateObjection } from "./plans/late-objection.ts";
import { endPlan, proposePlan } from "./plans/propose.ts";
import { quotesOf } from "./judging/quotes.ts";
import { castVote } from "./people/vote.ts";
import { noteVote, utcTime, votedText } from "./people/voted.ts";

/** Current prices by symbol, from every source that gave one. */
export type Prices = Readonly<Record<string, readonly Quote[]>>;

/** A plan that was judged. */
export interface Judged {
  readonly hash: string;
  readonly words: string;
  readonly decision: "deny" | "hold" | "quorum" | "allow";
  /** What decided; one plain sentence each. */
  readonly reasons: readonly string[];
  readonly orders: number;
  readonly cancels: number;
  readonly notionalUsd: string;
  readonly summary: string;
}

/** What people said, once they have. */
export type Said =
  | { readonly outcome: "approved"; readonly by: readonly string[] }
  | { readonly outcome: "refused"; readonly by: string; readonly reason: string }
  | { readonly outcome: "timed-out" }
  | { readonly outcome: "withdrawn"; readonly why: string };

/** One person's vote as it came. */
export interface Cast {
  readonly person: { readonly id: string; readonly surface: string };
  /** At least 8 characters of the hash, or its four words. */
  readonly plan: string;
  readonly decision: "approve" | "deny";
  readonly reason: string | null;
}

/** The only door to actions: everything that is planned, judged, decided and sent passes here. */
export interface Door {
  /** Computes what would be done; null where there is nothing to do. Reads only. */
  draft(request: ActionRequest, context: RequestContext): Promise<Plan | null>;
  /** Stores the plan's bytes and the policy's judgement of them. */
  propose(tx: Tx, plan: Plan, prices: Prices): Promise<Judged>;
  /** Today's prices of everything a plan would trade. */
  pricesOf(plan: Plan): Promise<Prices>;
  /** The same, for a plan that is stored. */
  prices(hash: string): Promise<Prices>;
  /** Puts the question to people, for at most `withinMs`. */
  open(tx: Tx, hash: string, withinMs: number): Promise<{ readonly expiresAt: Date }>;
  /** What people decided by now; null while the question is open. Closes it once its time is over. */
  answer(tx: Tx, hash: string): Promise<Said | null>;
  vote(cast: Cast): Promise<{ ok: boolean; text: string }>;
  /** Checks everything again and writes the order intents; a plan can be claimed once. */
  claim(
    tx: Tx,
    hash: string,
    prices: Prices,
  ): Promise<{ readonly claimed: true } | { readonly claimed: false; readonly why: string }>;
  /**
   * Sends a claimed plan once and follows it to its end; safe to call again after a crash. `stop` is asked before each order
   * and says why it must not leave; null where it may.
   */
  carryOut(hash: string, stop?: () => Promise<string | null>): Promise<CarriedOut>;
  /**
   * Looks again for orders whose outcome was not known when their plan ended, and for those that people settled; sends
   * nothing. `tell` hears of what people have to look at.
   */
  settle(tell: (alert: Alert) => Promise<void>): Promise<void>;
  /** Writes the plan's end. */
  ended(tx: Tx, hash: string, result: CarriedOut): Promise<void>;
}

/** What the door stands on. */
export interface DoorParts {
  readonly database: Database;
  readonly desk: Desk;
  readonly control: Control;
  /** Signs the ledger as it stands, before a plan of tier 3 or higher takes effect. Throws where it cannot be signed. */
  readonly sign: () => Promise<unknown>;
  /** Wakes a waiting run together with the row that answers it. */
  readonly wake: (tx: Tx, runId: string, messageId: string) => Promise<void>;
  readonly log: Log;
}

type PlanRow = typeof plans.$inferSelect;

const NOT_ENOUGH = 8;

const summaryOf = (plan: Plan): string =>
  [
    ...(plan.orders.length > 0
      ? [
          `${plan.orders.length} ${plan.orders.length === 1 ? "order" : "orders"} for ${grouped(decimal(plan.notionalUsd), 0)} USD`,
        ]
      : []),
    ...(plan.cancels.length > 0
      ? [`${plan.cancels.length} ${plan.cancels.length === 1 ? "order" : "orders"} to cancel`]
      : []),
    ...(plan.trading ? [`${plan.trading.scope} becomes ${plan.trading.state}`] : []),
    ...(plan.settlement ? [`order ${plan.settlement.clientOrderId} becomes ${settledWords(plan.settlement)}`] : []),
  ].join(", ");

/** Plans of tier 3 and higher take effect only once the ledger is signed up to them. */
const signedFirst = (judged: Pick<Decision, "tier"> | null): boolean => judged !== null && judged.tier >= "T3";

/** Opens the door. */
export function openDoor(parts: DoorParts): Door {
  const { database, desk, control, log } = parts;
  const wake = (tx: Tx, runId: string, planHash: string): Promise<void> => parts.wake(tx, runId, `decided:${planHash}`);

  const planRow = async (tx: Pick<Tx, "select">, hash: string): Promise<PlanRow> => {
    const [row] = await tx.select().from(plans).where(eq(plans.hash, hash));
    if (!row) throw new DeskError("PLAN_EXPIRED", `there is no plan ${hash.slice(0, 12)}; make a new one`);
    return row;
  };

  const orderOf = async (clientOrderId: string): Promise<typeof orders.$inferSelect | undefined> =>
    (await database.db.select().from(orders).where(eq(orders.clientOrderId, clientOrderId)))[0];

  const pricesOf = async (plan: Plan): Promise<Prices> => {
    const symbols = [...new Set(plan.orders.map((order) => order.symbol))];
    if (symbols.length === 0) return {};
    const { reader } = await readerOf(desk, plan.account);
    return Object.fromEntries(
      await Promise.all(symbols.map(async (symbol) => [symbol, await quotesOf(reader, symbol)] as const)),
    );
  };

  /** Why a plan's account is another place than the one it was made for, such as live instead of paper; null where it is the same. */
  const elsewhere = ({ account, venue, environment, orders: legs, cancels }: Plan): string | null => {
    const here = desk.accounts.get(account);
    if (legs.length + cancels.length === 0 || (here?.venue === venue && here.environment === environment)) return null;
    const now = here ? `${here.venue}, ${here.environment}` : "none of this desk's";
    return `the plan was made for ${account} at ${venue}, ${environment}, and the account is ${now} here; make a new plan`;
  };

  /** The sender's last look at one order; the reason where it must not leave. */
  const stopped = async (row: typeof orders.$inferSelect, unsigned: string | null): Promise<string | null> => {
    const forged = unsigned ?? (await intentObjection(database.db, control, row));
    if (forged !== null) return forged;
    const claimed = await planRow(database.db, row.planHash);
    return elsewhere(claimed.plan) ?? lateObjection(database.db, control, row, claimed);
  };

  /** Why a plan's orders must not leave because the ledger cannot be signed; null where it was. */
  const whyUnsigned = async (hash: string): Promise<string | null> => {
    try {
      await parts.sign();
      return null;
    } catch (error) {
      if (!(error instanceof DeskError) || error.retry !== "never") throw error;
      log.error({ plan: hash.slice(0, 12), why: messageOf(error) }, "ledger not signed, orders kept back");
      return `the ledger could not be signed before: ${messageOf(error)}`;
    }
  };

  const pendingPlan = async (text: string): Promise<PlanRow> => {
    const wanted = text.trim().toLowerCase();
    const waiting = await database.db.select().from(plans).where(eq(plans.state, "proposed"));
    const byWords = waiting.filter((row) => fingerprintWords(row.hash) === wanted);
    if (byWords.length === 1) return byWords[0] as PlanRow;
    if (!/^[0-9a-f]+$/.test(wanted) || wanted.length < NOT_ENOUGH)
      throw new DeskError(
        "INPUT_INVALID",
        `"${text.slice(0, 60)}" names no plan; write its four words or at least ${NOT_ENOUGH} characters of its hash`,
      );
    const found = await database.db
      .select()
      .from(plans)
      .where(and(like(plans.hash, `${wanted}%`)))
      .limit(2);
    if (found.length !== 1)
      throw new DeskError(
        "INPUT_INVALID",
        `${found.length === 0 ? "no" : "more than one"} plan begins with ${wanted.slice(0, 20)}; nothing was done`,
      );
    return found[0] as PlanRow;
  };

  return {
    draft: (request, context) => draftPlan({ ...desk, orderOf }, request, context),
    pricesOf,
    async propose(tx, plan, prices) {
      const { hash, decision } = await proposePlan(tx, control, plan, prices);
      return {
        hash,
        words: fingerprintWords(hash),
        decision: decision.outcome,
        reasons: decisive(decision),
        orders: plan.orders.length,
        cancels: plan.cancels.length,
        notionalUsd: plan.notionalUsd,
        summary: summaryOf(plan),
      };
    },
    async open(tx, hash, withinMs) {
      const row = await planRow(tx, hash);
      const decision = row.decision as unknown as Decision & { policyVersion: string };
      const opened = await openApproval(tx, control, {
        hash,
        subject: "plan",
        requestedBy: row.requestedBy,
        runId: row.runId,
        quorums: decision.quorums,
        policyVersion: decision.policyVersion,
        ttlMs: withinMs,
      });
      if (row.incidentId) {
        await noteIncident(tx, {
          incident: row.incidentId,
          type: "approval.opened",
          actor: row.requestedBy,
          text: `asked for approval of "${fingerprintWords(hash)}" until ${utcTime(opened.expiresAt)}`,
          data: { plan: hash },
        });
      }
      return opened;
    },
    async answer(tx, hash) {
      const standing = await answerOf(tx, hash, wake);
      if (!standing || standing.state === "pending") return null;
      if (standing.state === "approved") return { outcome: "approved", by: standing.by };
      if (standing.state === "denied") return { outcome: "refused", by: standing.by, reason: standing.reason };
      return standing.why === null ? { outcome: "timed-out" } : { outcome: "withdrawn", why: standing.why };
    },
    async vote({ person, plan, decision, reason }) {
      const row = await pendingPlan(plan);
      const result = await database.db.transaction(async (tx) => {
        const cast = await castVote(
          tx,
          control,
          { planHash: row.hash, person: person.id, decision, surface: person.surface, reason, stepUp: false },
          wake,
        );
        await noteVote(tx, row, cast, { person, decision, reason });
        return cast;
      });
      log.info({ plan: row.hash.slice(0, 12), person: person.id, outcome: result.outcome }, "vote taken");
      return votedText(result, decision, row.hash);
    },
    async prices(hash) {
      const row = await planRow(database.db, hash);
      // A trading state, or a settled order, changes in the claim itself: who approved that is signed before.
      if (
        (row.plan.trading !== null || row.plan.settlement !== undefined) &&
        signedFirst(row.decision as unknown as Decision)
      )
        await parts.sign();
      return pricesOf(row.plan);
    },
    async claim(tx, hash, prices) {
      const { plan } = await planRow(tx, hash);
      const moved = elsewhere(plan);
      const claim =
        moved === null
          ? await claimPlan(tx, control, { hash, plan, quotes: prices })
          : await refusePlan(tx, hash, { code: "PLAN_CHANGED", why: moved });
      if (!claim.claimed) {
        if (plan.incident)
          await noteIncident(tx, {
            incident: plan.incident,
            type: "plan.refused",
            actor: "policy",
            text: `nothing was sent: ${claim.why}`,
          });
        return { claimed: false, why: claim.why };
      }
      await intend(tx, hash, claim.plan);
      if (plan.incident)
        await noteIncident(tx, {
          incident: plan.incident,
          type: "plan.claimed",
          actor: plan.requestedBy,
          text: `"${fingerprintWords(hash)}" is being carried out`,
          data: { plan: hash },
        });
      return { claimed: true };
    },
    async carryOut(hash, stop = async () => null) {
      const unsigned = signedFirst(await claimedTier(database.db, hash)) ? await whyUnsigned(hash) : null;
      return carryOut(
        {
          desk,
          database,
          stopped: async (row) => (await stop()) ?? stopped(row, unsigned),
          consentOf: (plan) => consentOf(database.db, plan),
          log,
        },
        hash,
      );
    },
    async settle(tell) {
      await endAbandoned(database);
      await settleLeftovers({ desk, database, log, tell });
    },
    async ended(tx, hash, result) {
      await endPlan(tx, hash, endOf(result), result.summary);
    },
  };
}
