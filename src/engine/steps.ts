import { eq } from "drizzle-orm";
import { noteIncident, redraw } from "../db/changes.ts";
import type { Database, Db, Tx } from "../db/client.ts";
import { runs } from "../db/schema.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import { durationMs } from "../kernel/duration.ts";
import type { ActionRequest } from "../kernel/request.ts";
import { appendMany, lockDesk, readHead } from "../ledger/append.ts";
import type { Entry } from "../ledger/entries.ts";
import type { Door } from "../policy/perform.ts";
import type { Durable } from "./durable.ts";
import type { Answer, Applied, PlaybookHead, Proposal, Step } from "./playbook.ts";

/** The topic on which a waiting run is told that rows changed: a vote, a cancellation. */
export const WAKE = "wake";

/** Thrown inside a body once somebody cancelled the run; the playbook's `cancelled` part answers it. */
export class RunCancelled extends Error {
  override readonly name = "RunCancelled";
}

/** Ends a body whose question ended without an answer, with `otherwise: "stop"`. */
export class RunStopped extends Error {
  override readonly name = "RunStopped";
}

/** What the steps of one run work on. */
export interface StepContext {
  readonly durable: Durable;
  readonly database: Database;
  readonly door: Door;
  readonly head: PlaybookHead<never>;
  readonly run: { readonly id: string; readonly incidentId: string };
  /** Closes the incident inside the transaction and answers its whole story. */
  readonly close: (tx: Tx, incident: string, outcome: string, actor: string) => Promise<string>;
  /** The compensation of a cancelled run is not stopped by the same cancellation. */
  readonly heedCancel: boolean;
}

type State = "running" | "waiting" | "done" | "failed" | "skipped";

const LINE = `
  insert into breakwater.run_steps as step (run_id, name, position, state, note, ended_at)
  values ($2, $3, $4::int, $5, $6, case when $7::boolean then now() end)
  on conflict (run_id, name) do update set state = excluded.state, note = excluded.note,
    ended_at = coalesce(excluded.ended_at, step.ended_at)`;

const ENDS: readonly State[] = ["done", "failed", "skipped"];

/** Writes the card's line of a step. */
const draw = (db: Db | Tx, { run }: StepContext, name: string, at: number, state: State, note: string | null) =>
  redraw(db, run.incidentId, LINE, [run.id, name, at, state, note, ENDS.includes(state)]);

/** Writes where a step stands: the card's line, and at its end the ledger's row, in the transaction. */
async function mark(
  tx: Tx,
  context: StepContext,
  name: string,
  at: number,
  state: State,
  note: string | null,
): Promise<void> {
  if (!ENDS.includes(state)) return draw(tx, context, name, at, state, note);
  // The lock comes before the incident's row, as the intake takes them.
  const [, head] = await Promise.all([lockDesk(tx), readHead(tx)]);
  const entry: Entry = {
    actor: `playbook:${context.head.name}@${context.head.version}`,
    type: "run.step",
    object: context.run.id,
    body: { step: name, state, note },
  };
  await Promise.all([appendMany(tx, [entry], head), draw(tx, context, name, at, state, note)]);
}

/** One sentence about a step's result, where it says one about itself. */
function noteOf(result: unknown): string | null {
  if (typeof result === "string") return result.slice(0, 300);
  if (result !== null && typeof result === "object" && "summary" in result && typeof result.summary === "string")
    return result.summary.slice(0, 300);
  return null;
}

type Recorded<T> = { readonly cancelled: true } | { readonly cancelled: false; readonly value: T };

/** Builds the durable verbs of one run. Positions are given in call order, which the engine requires to be the same on every execution. */
export function stepsOf(context: StepContext): Step {
  const { durable, database, door, run, head } = context;
  let position = 0;
  const names = new Set<string>();
  /** The step that is under way. */
  let current: string | null = null;
  const write = (name: string, at: number, state: State, note: string | null): Promise<void> =>
    ENDS.includes(state)
      ? database.db.transaction((tx) => mark(tx, context, name, at, state, note))
      : draw(database.db, context, name, at, state, note);

  const cancelled = async (db: Pick<Tx, "select">): Promise<boolean> => {
    if (!context.heedCancel) return false;
    const [row] = await db
      .select({ by: runs.cancelRequestedBy })
      .from(runs)
      .where(eq(runs.id, run.id))
      .prepare("cancellation of a run")
      .execute();
    return row?.by !== null && row?.by !== undefined;
  };

  /** A recorded piece of work, with its line on the card. What was begun for good is done also where the run was cancelled. */
  const plain = async <T>(
    name: string,
    at: number,
    work: () => Promise<T>,
    finish: (value: T) => { state: State; note: string | null },
    begun = false,
  ): Promise<T> => {
    const recorded = await durable.step<Recorded<T>>(name, async () => {
      if (!begun && (await cancelled(database.db))) return { cancelled: true };
      await write(name, at, "running", null);
      try {
        const value = await work();
        const { state, note } = finish(value);
        await write(name, at, state, note);
        return { cancelled: false, value };
      } catch (error) {
        // The line says what is wrong while the engine tries again, and stays where it gives up.
        await write(name, at, "failed", messageOf(error).slice(0, 300));
        throw error;
      }
    });
    if (recorded.cancelled) throw new RunCancelled(`run ${run.id} was cancelled`);
    return recorded.value;
  };

  /**
   * Gives a step its line on the card. One at a time: the engine numbers what it records in the order of calls, and two
   * steps side by side, or one inside another, would leave that order to chance when the run is taken up again.
   */
  const next = async <T>(name: string, work: (at: number) => Promise<T>): Promise<T> => {
    if (current !== null) {
      throw new DeskError(
        "PLAYBOOK_INVALID",
        `playbook ${head.name} began "${name}" while "${current}" was under way; await each step before the next begins`,
      );
    }
    if (names.has(name)) {
      throw new DeskError(
        "PLAYBOOK_INVALID",
        `playbook ${head.name} has two steps "${name}"; name each otherwise, with its round where it stands in a loop`,
      );
    }
    names.add(name);
    current = name;
    position += 1;
    try {
      return await work(position);
    } finally {
      current = null;
    }
  };

  const done = (value: unknown) => ({ state: "done" as const, note: noteOf(value) });

  const plan = async (at: number, name: string, request: ActionRequest): Promise<Proposal | null> => {
    if (!head.needs.includes(request.action)) {
      throw new DeskError(
        "NOT_ALLOWED",
        `playbook ${head.name} asked for ${request.action}, which its head does not name under needs; add it there and review the playbook`,
      );
    }
    const by = {
      requestedBy: `playbook:${head.name}@${head.version}`,
      incident: run.incidentId,
      run: run.id,
      reason: `playbook ${head.name}`,
    };
    const drafted = await plain(
      name,
      at,
      async () => {
        const made = await door.draft(request, by);
        return made ? { plan: made, prices: await door.pricesOf(made) } : null;
      },
      (value) => ({ state: "running", note: value ? null : "nothing to do" }),
    );
    return durable.inTransaction(`${name}: proposed`, async (tx) => {
      if (!drafted) {
        await mark(tx, context, name, at, "skipped", "nothing to do");
        return null;
      }
      const proposal = await door.propose(tx, drafted.plan, drafted.prices);
      await mark(
        tx,
        context,
        name,
        at,
        proposal.decision === "deny" ? "failed" : "done",
        `${proposal.summary}; policy: ${proposal.decision}${proposal.decision === "deny" ? `, ${proposal.reasons.join("; ")}` : ""}`,
      );
      return proposal;
    });
  };

  const approve = async (
    at: number,
    name: string,
    proposal: Proposal,
    ask: { within: string; otherwise: "stop" | "continue" },
  ): Promise<Answer> => {
    if (proposal.decision === "allow") {
      await durable.inTransaction(name, (tx) =>
        mark(tx, context, name, at, "skipped", "the policy allows it without people"),
      );
      return { outcome: "not-needed" };
    }
    if (proposal.decision === "deny")
      throw new DeskError("POLICY_DENIED", `the policy denies it: ${proposal.reasons.join("; ")}`);
    const opened = await durable.inTransaction(`${name}: asked`, async (tx) => {
      // Under the desk's lock, as the cancellation is: whichever comes second sees the other, and no question stays open.
      await lockDesk(tx);
      if (await cancelled(tx)) return "cancelled" as const;
      const { expiresAt } = await door.open(tx, proposal.hash, durationMs(ask.within));
      await mark(tx, context, name, at, "waiting", null);
      return expiresAt.getTime();
    });
    if (opened === "cancelled") throw new RunCancelled(`run ${run.id} was cancelled`);
    for (let wakes = 0; ; wakes += 1) {
      const answer = await durable.inTransaction(
        `${name}: looked ${wakes}`,
        async (tx): Promise<Answer | "cancelled" | null> => {
          if (await cancelled(tx)) return "cancelled";
          const found = await door.answer(tx, proposal.hash);
          if (found) await mark(tx, context, name, at, found.outcome === "approved" ? "done" : "failed", words(found));
          return found;
        },
      );
      if (answer === "cancelled") throw new RunCancelled(`run ${run.id} was cancelled`);
      if (answer) {
        if (ask.otherwise === "stop" && (answer.outcome === "timed-out" || answer.outcome === "withdrawn"))
          throw new RunStopped(`${words(answer)}; nothing was sent`);
        return answer;
      }
      // Where the database's clock is behind ours, a little later each time instead of at once.
      await durable.receive(WAKE, new Date(opened + 50 + 250 * wakes));
    }
  };

  const apply = async (at: number, name: string, proposal: Proposal): Promise<Applied> => {
    const prices = await durable.step(`${name}: prices`, () => door.prices(proposal.hash));
    const claimed = await durable.inTransaction(`${name}: claimed`, async (tx) => {
      if (await cancelled(tx)) return "cancelled" as const;
      const claim = await door.claim(tx, proposal.hash, prices);
      if (!claim.claimed) await mark(tx, context, name, at, "failed", claim.why);
      return claim;
    });
    if (claimed === "cancelled") throw new RunCancelled(`run ${run.id} was cancelled`);
    if (!claimed.claimed) {
      return {
        outcome: "refused",
        summary: claimed.why,
        filled: 0,
        orders: proposal.orders,
        unknown: 0,
        slippageBps: null,
      };
    }
    // From the claim on the plan is followed to its end: a cancellation stops what has not left, and loses sight of nothing.
    const stop = async (): Promise<string | null> =>
      (await cancelled(database.db)) ? "the run was cancelled before the order was sent" : null;
    const result = await plain(name, at, () => door.carryOut(proposal.hash, stop), done, true);
    const stopped = await durable.inTransaction(`${name}: ended`, async (tx) => {
      await door.ended(tx, proposal.hash, result);
      return cancelled(tx);
    });
    if (stopped) throw new RunCancelled(`run ${run.id} was cancelled`);
    const outcome = result.filled === result.orders && result.cancelled === proposal.cancels ? "done" : "partial";
    return {
      outcome,
      summary: result.summary,
      filled: result.filled,
      orders: result.orders,
      unknown: result.unknown,
      slippageBps: result.slippageBps,
    };
  };

  const sleep = async (at: number, name: string, duration: string): Promise<void> => {
    await plain(
      name,
      at,
      async () => duration,
      () => ({ state: "waiting", note: duration }),
    );
    await durable.sleep(durationMs(duration));
    await durable.inTransaction(`${name}: over`, (tx) => mark(tx, context, name, at, "done", duration));
  };

  const close = async (at: number, name: string, outcome: string): Promise<string> => {
    return durable.inTransaction(name, async (tx) => {
      await mark(tx, context, name, at, "done", null);
      return context.close(tx, run.incidentId, outcome, `playbook:${head.name}@${head.version}`);
    });
  };

  const safe = async (at: number, name: string, text: string): Promise<void> => {
    await durable.inTransaction(name, async (tx) => {
      await noteIncident(tx, {
        incident: run.incidentId,
        type: "account.safe",
        actor: `playbook:${head.name}@${head.version}`,
        text,
      });
      await mark(tx, context, name, at, "done", text);
    });
  };

  const step = <T>(name: string, work: () => Promise<T>): Promise<T> => next(name, (at) => plain(name, at, work, done));
  return Object.assign(step, {
    plan: (name, request) => next(name, (at) => plan(at, name, request)),
    approve: (name, proposal, ask) => next(name, (at) => approve(at, name, proposal, ask)),
    apply: (name, proposal) => next(name, (at) => apply(at, name, proposal)),
    close: (name, outcome) => next(name, (at) => close(at, name, outcome)),
    safe: (name, text) => next(name, (at) => safe(at, name, text)),
    sleep: (name, duration) => next(name, (at) => sleep(at, name, duration)),
  } satisfies { readonly [Verb in keyof Step]: Step[Verb] });
}

function words(answer: Answer): string {
  switch (answer.outcome) {
    case "approved":
      return `approved by ${answer.by.join(" and ")}`;
    case "refused":
      return `refused by ${answer.by}${answer.reason ? `: ${answer.reason}` : ""}`;
    case "timed-out":
      return "nobody decided in time";
    case "withdrawn":
      return `withdrawn: ${answer.why}`;
    case "not-needed":
      return "not needed";
  }
}
