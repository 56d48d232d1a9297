import { and, count, eq, gt } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { plans, runs, votes } from "../../db/schema.ts";
import { append } from "../../ledger/append.ts";
import { UNDECIDED, type Wake, closedBecause, decide, lockedApproval } from "./approvals.ts";
import type { Control } from "../judging/gather.ts";
import { voices } from "./voices.ts";
import { type Quorum, type Voice, counts, meetsAll } from "./quorum.ts";
import type { Policy } from "../rules/schema.ts";
import { type ApprovalRow, type VoteRow, approvalFacts, databaseNow, voteFacts } from "../rows.ts";

/** A person's word on a plan, from one surface. */
export interface Ballot {
  readonly planHash: string;
  /** The person's id, resolved from a linked identity; never a chat name. */
  readonly person: string;
  readonly decision: "approve" | "deny";
  readonly surface: string;
  readonly reason: string | null;
  /** Whether this very plan was opened in the console, its notional typed and a passkey touched. */
  readonly stepUp: boolean;
}

/** What became of a vote; only `recorded` changed anything. */
export type VoteResult =
  | {
      readonly outcome: "recorded";
      readonly state: "pending" | "approved" | "denied";
      readonly approvedBy: readonly string[];
      readonly needed: number;
    }
  | { readonly outcome: "already-voted"; readonly decision: "approve" | "deny"; readonly at: Date }
  | {
      readonly outcome: "already-decided";
      readonly state: "approved" | "denied";
      readonly by: string;
      readonly at: Date;
    }
  /** `why` is null where nobody decided in time, else what closed the question before. */
  | { readonly outcome: "expired"; readonly at: Date; readonly why: string | null }
  | { readonly outcome: "step-up-needed"; readonly why: string }
  | { readonly outcome: "not-allowed"; readonly why: string }
  | { readonly outcome: "unknown" };

/** Everyone who may not consent: who asked, and who started the run behind it. */
export async function excludedFrom(tx: Tx, row: ApprovalRow): Promise<readonly string[]> {
  const [run] =
    row.runId === null
      ? []
      : await tx.select({ by: runs.requestedBy }).from(runs).where(eq(runs.id, row.runId)).prepare("who ran").execute();
  return [row.requestedBy, run?.by ?? ""].flatMap((one) =>
    one.startsWith("person:") ? [one.slice("person:".length)] : [],
  );
}

/** Approvals that count now: sealed, by persons who still hold a grant older than the question, with the roles of today. */
export function countedVoices(
  control: Control,
  cast: readonly VoteRow[],
  people: readonly Voice[],
  excluded: readonly string[],
  stepUp: boolean,
): readonly Voice[] {
  return people.filter(
    (one) =>
      !excluded.includes(one.id) &&
      cast.some(
        (vote) =>
          vote.person === one.id &&
          vote.decision === "approve" &&
          (vote.stepUp || !stepUp) &&
          control.seal.holds("vote", voteFacts(vote), vote.seal),
      ),
  );
}

interface Room {
  readonly row: ApprovalRow;
  readonly quorums: readonly Quorum[];
  readonly cast: readonly VoteRow[];
  readonly people: readonly Voice[];
  readonly excluded: readonly string[];
}

/** Why a person may not vote so; null where they may. */
function objection(ballot: Ballot, room: Room): string | null {
  const voice = room.people.find((one) => one.id === ballot.person);
  if (voice === undefined) return "you held no role on this desk when it was proposed";
  const may = room.quorums.some((quorum) => counts(quorum, voice));
  const asked = room.excluded.includes(ballot.person);
  // Anybody who could approve may stop it, and so may the one who asked.
  if (ballot.decision === "deny") return may || asked ? null : "your roles have no say in this";
  if (asked) return "you asked for it yourself, so another person must approve";
  return may
    ? null
    : `it needs ${[...new Set(room.quorums.flatMap((one) => [...one.roles, ...one.from]))].join(" or ")}, and you are ${voice.roles.join(", ")}`;
}

async function settled(
  tx: Tx,
  row: ApprovalRow,
  cast: readonly VoteRow[],
  now: Date,
  wake: Wake,
): Promise<VoteResult | null> {
  if (row.state === "expired")
    return { outcome: "expired", at: row.decidedAt ?? row.expiresAt, why: await closedBecause(tx, row.planHash) };
  if (row.state !== "pending") {
    const decisive = row.state === "denied" ? "deny" : "approve";
    const by = cast.findLast((one) => one.decision === decisive)?.person ?? "policy";
    return { outcome: "already-decided", state: row.state, by, at: row.decidedAt ?? now };
  }
  if (row.expiresAt > now) return null;
  await decide(tx, row, "expired", { actor: "policy", at: now, reason: UNDECIDED }, wake);
  return { outcome: "expired", at: now, why: null };
}

async function refuse(
  tx: Tx,
  ballot: Ballot,
  why: string,
  outcome: "not-allowed" | "step-up-needed",
): Promise<VoteResult> {
  await append(tx, {
    actor: `person:${ballot.person}`,
    type: "vote.refused",
    object: ballot.planHash,
    body: { decision: ballot.decision, surface: ballot.surface, why },
  });
  return { outcome, why };
}

const HOUR_MS = 3_600_000;

/** Why a person who has approved again and again within the hour approves no more for now; null where they may. */
async function tooMany(
  tx: Tx,
  person: string,
  { approvalsPerHour }: Policy["attention"],
  now: Date,
): Promise<string | null> {
  const [row] = await tx
    .select({ given: count() })
    .from(votes)
    .where(
      and(eq(votes.person, person), eq(votes.decision, "approve"), gt(votes.at, new Date(now.getTime() - HOUR_MS))),
    )
    .prepare("approvals of an hour")
    .execute();
  if ((row?.given ?? 0) < approvalsPerHour) return null;
  return `you approved ${approvalsPerHour} plans within the hour; let somebody else look at this one`;
}

/**
 * Takes a person's vote: once a person whatever the surface, by grants older than the plan, within the time by the
 * database's clock. One denial ends it; who approved may still deny while it is open. The row, its ledger entry and the
 * wake of the waiting run commit together.
 */
export async function castVote(tx: Tx, control: Control, ballot: Ballot, wake: Wake): Promise<VoteResult> {
  const row = await lockedApproval(tx, ballot.planHash);
  if (row === undefined) return { outcome: "unknown" };
  const now = await databaseNow(tx);
  const cast = await tx
    .select()
    .from(votes)
    .where(eq(votes.planHash, ballot.planHash))
    .orderBy(votes.at)
    .prepare("votes on a question")
    .execute();
  const over = await settled(tx, row, cast, now, wake);
  if (over !== null) return over;
  const before = cast.find((one) => one.person === ballot.person && one.decision === ballot.decision);
  if (before !== undefined) return { outcome: "already-voted", decision: before.decision, at: before.at };

  if (!control.seal.holds("approval", approvalFacts(row), row.seal))
    return refuse(tx, ballot, "this question was changed in the database by hand; make a new plan", "not-allowed");
  const rules = await control.published(tx);
  if (rules === null || rules.version !== row.policyVersion)
    return refuse(tx, ballot, "the rules changed since it was proposed; ask for it anew", "not-allowed");
  const [plan] =
    row.subject === "plan"
      ? await tx
          .select({ at: plans.createdAt })
          .from(plans)
          .where(eq(plans.hash, row.planHash))
          .prepare("age of a plan")
          .execute()
      : [];
  const people = await voices(tx, control, plan?.at ?? row.openedAt);
  const room: Room = {
    row,
    quorums: row.quorums as unknown as Quorum[],
    cast,
    people,
    excluded: await excludedFrom(tx, row),
  };
  const why = objection(ballot, room);
  if (why !== null) return refuse(tx, ballot, why, "not-allowed");
  if (ballot.decision === "approve" && row.stepUp && !ballot.stepUp)
    return refuse(
      tx,
      ballot,
      "a click is not enough for this; open it in the console and confirm with your passkey",
      "step-up-needed",
    );

  const tired = ballot.decision === "approve" ? await tooMany(tx, ballot.person, rules.policy.attention, now) : null;
  if (tired !== null) return refuse(tx, ballot, tired, "not-allowed");

  const roles = people.find((one) => one.id === ballot.person)?.roles ?? [];
  const vote = { ...ballot, roles: [...roles], at: now };
  const sealed: VoteRow = { ...vote, seal: control.seal.of("vote", voteFacts(vote)) };
  await tx.insert(votes).values(sealed).prepare("vote").execute();
  await append(tx, {
    actor: `person:${ballot.person}`,
    type: "vote.cast",
    object: ballot.planHash,
    body: { ...voteFacts(sealed), seal: sealed.seal },
  });
  return conclude(tx, control, room, sealed, wake);
}

async function conclude(tx: Tx, control: Control, room: Room, vote: VoteRow, wake: Wake): Promise<VoteResult> {
  const { row } = room;
  const actor = `person:${vote.person}`;
  const voted = countedVoices(control, [...room.cast, vote], room.people, room.excluded, row.stepUp);
  const approvedBy = voted.map((one) => one.id);
  if (vote.decision === "deny") {
    await decide(tx, row, "denied", { actor, at: vote.at, reason: vote.reason }, wake);
    return { outcome: "recorded", state: "denied", approvedBy, needed: row.needed };
  }
  if (!meetsAll(room.quorums, voted)) return { outcome: "recorded", state: "pending", approvedBy, needed: row.needed };
  await decide(tx, row, "approved", { actor, at: vote.at, reason: null }, wake);
  return { outcome: "recorded", state: "approved", approvedBy, needed: row.needed };
}
