import { sql } from "drizzle-orm";
import type { Database, Tx } from "../../src/db/client.ts";
import { runs } from "../../src/db/schema.ts";
import { type RunOrigin, runFacts } from "../../src/kernel/origin.ts";
import { type Plan, planHash } from "../../src/kernel/plan.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { append } from "../../src/ledger/append.ts";
import { openApproval } from "../../src/policy/people/approvals.ts";
import { claimPlan } from "../../src/policy/plans/claim.ts";
import { defaultPolicy } from "../../src/policy/rules/default-policy.ts";
import type { Control } from "../../src/policy/judging/gather.ts";
import { proposePlan } from "../../src/policy/plans/propose.ts";
import { draft, publish, readPublished } from "../../src/policy/rules/published.ts";
import type { Rotas } from "../../src/policy/rules/rota.ts";
import { databaseNow } from "../../src/policy/rows.ts";
import { type People, type Policy, peopleSchema } from "../../src/policy/rules/schema.ts";
import { openSeal } from "../../src/kernel/seal.ts";
import { castVote } from "../../src/policy/people/vote.ts";
import { BTC, order, plan } from "./make.ts";

export const DESK_PEOPLE: People = peopleSchema.parse({
  ana: { name: "Ana", roles: ["trader"] },
  bo: { name: "Bo", roles: ["risk"] },
  cy: { name: "Cy", roles: ["trader"] },
  di: { name: "Di", roles: ["viewer"] },
  ed: { name: "Ed", roles: ["policy-admin", "operator"] },
});

/** The seal of every test desk. */
export const SEAL = openSeal(new Secret("0123456789abcdef0123456789abcdef"));

/** A control plane on a test database, with the default rules in force. */
export function controlOf(over: Partial<Control> = {}): Control {
  return {
    seal: SEAL,
    published: readPublished(SEAL),
    halted: () => null,
    deadManArmed: () => ({ is: null, why: "" }),
    reconcilerHealthy: async () => ({ is: null, why: "" }),
    staleAfterMs: 30_000,
    breakGlass: async () => false,
    ...over,
  };
}

/** The default rules, for tests that ask the same people and playbooks a thousand times. */
const tireless = (): Policy => ({
  ...defaultPolicy(),
  throttle: { runs: 10_000, window: "1h" },
  attention: { approvalsPerHour: 10_000 },
});

let serial = 0;
/** A plan of now, unlike any other, asked for by a run that a trusted alert began. */
export function freshPlan(over: Partial<Plan> = {}): Plan {
  serial += 1;
  const now = Date.now();
  return plan({
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + 900_000).toISOString(),
    run: "run-signed",
    incident: null,
    orders: [order({ clientOrderId: `bw-${process.pid}-${serial}` })],
    ...over,
  });
}

export const quotesNow = () => ({
  [BTC]: [
    { source: "paper:book", price: "50000", at: new Date() },
    { source: "paper:index", price: "50010", at: new Date() },
  ],
});

/** Writes a run as the engine does, sealed and with its entry, without an engine; a second time changes nothing. */
export async function beginRun(tx: Tx, over: Partial<RunOrigin> = {}): Promise<void> {
  const row: RunOrigin = {
    id: "run-signed",
    playbook: "margin-breach",
    version: 1,
    incidentId: "INC-1",
    requestedBy: "source:account-monitor",
    trust: "internal",
    input: {},
    ...over,
  };
  const seal = SEAL.of("run", runFacts(row));
  const begun = await tx
    .insert(runs)
    .values({ ...row, state: "running", startedAt: new Date(), seal })
    .onConflictDoNothing()
    .returning();
  const { id, incidentId: incident, playbook, version, requestedBy, trust, input } = row;
  const body = { playbook, version, incident, requestedBy, trust, input, seal };
  if (begun.length > 0)
    await append(tx, { actor: `playbook:${row.playbook}@${row.version}`, type: "run.started", object: id, body });
}

export interface TestDesk {
  readonly control: Control;
  readonly woken: string[];
  within<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  publish(document?: { policy?: Policy; people?: People; rotas?: Rotas }): Promise<void>;
  propose(one?: Plan): Promise<{ hash: string; plan: Plan; outcome: string }>;
  /** Proposes and puts it to people. */
  ask(one?: Plan, ttlMs?: number): Promise<{ hash: string; plan: Plan }>;
  vote(
    hash: string,
    person: string,
    decision?: "approve" | "deny",
    over?: { stepUp?: boolean; surface?: string },
  ): ReturnType<typeof castVote>;
  claim(hash: string, presented: Plan): ReturnType<typeof claimPlan>;
  readonly wake: (tx: Tx, runId: string, hash: string) => Promise<void>;
}

/** The verbs of the control plane over one database, each in a transaction of its own. */
export function testDesk(database: Database, control: Control = controlOf()): TestDesk {
  const woken: string[] = [];
  const wake = async (_tx: Tx, _run: string, hash: string): Promise<void> => {
    woken.push(hash);
  };
  const within = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => database.db.transaction(work);
  const propose = async (one: Plan = freshPlan()) =>
    within(async (tx) => {
      const { decision } = await proposePlan(tx, control, one, quotesNow());
      return { hash: planHash(one), plan: one, outcome: decision.outcome };
    });
  return {
    control,
    woken,
    within,
    wake,
    propose,
    publish: async (document = {}) => {
      await within(async (tx) => {
        await beginRun(tx, { id: "run-signed" });
        const { policy = tireless(), people = DESK_PEOPLE, rotas = {} } = document;
        const one = { policy, people, rotas };
        const version = await draft(tx, one, "system", { tightens: false, opensAt: await databaseNow(tx) });
        await publish(tx, control.seal, version, "system");
      });
      // Grants count only for plans that are younger, by the millisecond.
      await database.db.execute(sql`select pg_sleep(0.005)`);
    },
    ask: async (one = freshPlan(), ttlMs = 900_000) => {
      const proposed = await propose(one);
      await within(async (tx) => {
        const { decision, policyVersion } = await proposePlan(tx, control, one, quotesNow());
        await openApproval(tx, control, {
          hash: proposed.hash,
          subject: "plan",
          requestedBy: one.requestedBy,
          runId: one.run,
          quorums: decision.quorums,
          policyVersion,
          ttlMs,
        });
      });
      return { hash: proposed.hash, plan: one };
    },
    vote: (planHash, person, decision = "approve", over = {}) =>
      within((tx) =>
        castVote(
          tx,
          control,
          {
            planHash,
            person,
            decision,
            surface: over.surface ?? "console",
            reason: null,
            stepUp: over.stepUp ?? false,
          },
          wake,
        ),
      ),
    claim: (hash, presented) => within((tx) => claimPlan(tx, control, { hash, plan: presented, quotes: quotesNow() })),
  };
}
