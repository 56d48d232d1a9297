import { noteIncident } from "../../db/changes.ts";
import type { Tx } from "../../db/client.ts";
import { fingerprintWords } from "../../kernel/plan.ts";
import type { VoteResult } from "./vote.ts";
import { utcMinute } from "../../kernel/utc.ts";

/** The time of day for people, "14:02:07 UTC". */
export const utcTime = (moment: Date): string => `${moment.toISOString().slice(11, 19)} UTC`;

/** What whoever voted is told. */
export function votedText(
  result: VoteResult,
  decision: "approve" | "deny",
  hash: string,
): { ok: boolean; text: string } {
  const words = fingerprintWords(hash);
  switch (result.outcome) {
    case "recorded":
      if (result.state === "pending")
        return {
          ok: true,
          text: `Your vote counts: ${result.approvedBy.length} of ${result.needed} approved "${words}".`,
        };
      return {
        ok: true,
        text:
          result.state === "approved"
            ? `Approved: "${words}" is being sent.`
            : `Denied: nothing of "${words}" is sent.`,
      };
    case "already-voted":
      return {
        ok: false,
        text: `You ${result.decision === "approve" ? "approved" : "denied"} this at ${utcTime(result.at)}; nothing was changed.`,
      };
    case "already-decided":
      return {
        ok: false,
        text: `It was ${result.state} by ${result.by} at ${utcTime(result.at)}; your ${decision === "approve" ? "approval" : "denial"} changed nothing.`,
      };
    case "expired":
      return {
        ok: false,
        text:
          result.why === null
            ? `The time to decide ended at ${utcTime(result.at)}; nothing was sent. Ask for a new plan.`
            : `The question was closed at ${utcTime(result.at)}: ${result.why}. Nothing was sent.`,
      };
    case "step-up-needed":
      return {
        ok: false,
        text: `Not counted: ${result.why}. Its page in the console is /plans/${hash.slice(0, 16)}.`,
      };
    case "not-allowed":
      return { ok: false, text: `Not counted: ${result.why}.` };
    case "unknown":
      return { ok: false, text: "There is no open question for this plan; nothing was done." };
  }
}

/** What whoever voted on a change of the rules is told. */
export function changeVotedText(
  result: VoteResult,
  decision: "approve" | "deny",
  change: { readonly hash: string; readonly opensAt: Date },
): { ok: boolean; text: string } {
  if (result.outcome === "step-up-needed")
    return { ok: false, text: "Not counted: rules are approved on the change's page in the console, with a passkey." };
  if (result.outcome !== "recorded" || result.state === "pending") return votedText(result, decision, change.hash);
  const words = fingerprintWords(change.hash);
  const from = utcMinute(change.opensAt);
  return {
    ok: true,
    text:
      result.state === "approved"
        ? `Approved: "${words}" comes in force by itself, not before ${from} UTC.`
        : `Denied: the rules stay as they are.`,
  };
}

/** Writes a vote that counted into the incident's timeline, in the vote's own transaction. */
export async function noteVote(
  tx: Tx,
  plan: { readonly hash: string; readonly incidentId: string | null },
  result: VoteResult,
  cast: {
    readonly person: { readonly id: string; readonly surface: string };
    readonly decision: "approve" | "deny";
    readonly reason: string | null;
  },
): Promise<void> {
  if (result.outcome !== "recorded" || plan.incidentId === null) return;
  const { person, decision, reason } = cast;
  await noteIncident(tx, {
    incident: plan.incidentId,
    type: result.state === "pending" ? "vote.cast" : "approval.decided",
    actor: `person:${person.id}`,
    text: `${decision === "approve" ? "approved" : "denied"} "${fingerprintWords(plan.hash)}" on ${person.surface}${reason ? `: ${reason}` : ""}`,
    data: { plan: plan.hash },
  });
}
