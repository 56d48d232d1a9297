import { and, eq } from "drizzle-orm";
import type { Tx } from "../db/client.ts";
import { approvals, policyVersions, votes } from "../db/schema.ts";
import { durationMs } from "../kernel/duration.ts";
import { DeskError } from "../kernel/errors.ts";
import { append, lockDesk } from "../ledger/append.ts";
import { openApproval } from "./approvals.ts";
import { loosenings } from "./compare.ts";
import type { Control } from "./gather.ts";
import { syncGrants, voices } from "./grants.ts";
import { type Published, draft, openDocument, publish } from "./published.ts";
import { type Quorum, meetsAll, quorumOf } from "./quorum.ts";
import { approvalFacts, databaseNow } from "./rows.ts";
import { ROLES, type PolicyDocument, versionOf } from "./schema.ts";
import { countedVoices, excludedFrom } from "./vote.ts";

/** What became of a changed desk.yaml or a drafted change. */
export type ChangeResult =
  | { readonly outcome: "unchanged" | "published"; readonly version: string; readonly loosens: readonly string[] }
  | {
      readonly outcome: "drafted";
      readonly version: string;
      readonly loosens: readonly string[];
      readonly opensAt: Date;
    };

/**
 * The people that a loosening needs: at least what the policy demands of changes, one more than the largest quorum in
 * force, and every role that a changed rule asks for, so that nobody can vote a rule down with less than it demands.
 */
export function changeQuorum(now: Published): Quorum {
  const largest = now.policy.rules.reduce((most, { says, beyond }) => {
    const people = [says, beyond].map((one) => (typeof one === "object" && "quorum" in one ? one.quorum.people : 0));
    return Math.max(most, ...people);
  }, 0);
  const { change } = now.policy;
  const able = Object.values(now.people).filter((one) =>
    one.roles.some((role) => role !== "viewer" && role !== "requester"),
  );
  // Where the desk has too few people for one more, all but the one who asks must agree.
  const people = Math.max(change.people, Math.min(largest + 1, able.length - 1));
  return quorumOf(
    "policy-change",
    {
      people,
      roles: change.roles,
      from: ROLES.filter((role) => role !== "viewer" && role !== "requester"),
      stepUp: true,
      within: "24h",
    },
    86_400_000,
  );
}

/**
 * Proposes a change of rules and people. What only tightens is in force at once; what may loosen waits for its quorum
 * and its time-lock, and the rules before stay in force meanwhile.
 */
export async function proposeChange(
  tx: Tx,
  control: Control,
  document: PolicyDocument,
  by: string,
): Promise<ChangeResult> {
  await lockDesk(tx);
  const before = await control.published(tx);
  const version = versionOf(document);
  if (before === null)
    throw new DeskError("POLICY_DENIED", "no rules are in force that could be changed; start the desk first");
  if (version === before.version) return { outcome: "unchanged", version, loosens: [] };
  const loosens = loosenings(document, before);
  const now = await databaseNow(tx);
  if (loosens.length === 0) {
    await draft(tx, document, by, { tightens: true, opensAt: now });
    await publish(tx, control.seal, version, by);
    return { outcome: "published", version, loosens };
  }
  const opensAt = new Date(now.getTime() + durationMs(before.policy.change.timeLock));
  await draft(tx, document, by, { tightens: false, opensAt });
  const quorum = changeQuorum(before);
  await openApproval(tx, control, {
    hash: version,
    subject: "policy",
    requestedBy: by,
    runId: null,
    quorums: [quorum],
    policyVersion: before.version,
    ttlMs: quorum.withinMs,
  });
  return { outcome: "drafted", version, loosens, opensAt };
}

/**
 * Publishes an approved change once its time-lock is over; the votes are counted anew under the roles of now.
 * @throws DeskError POLICY_DENIED saying what is missing
 */
export async function publishChange(tx: Tx, control: Control, version: string, by: string): Promise<void> {
  await lockDesk(tx);
  const now = await databaseNow(tx);
  const [row] = await tx
    .select()
    .from(policyVersions)
    .where(and(eq(policyVersions.version, version), eq(policyVersions.state, "draft")));
  const [approval] = await tx.select().from(approvals).where(eq(approvals.planHash, version));
  const deny = (why: string): never => {
    throw new DeskError("POLICY_DENIED", why);
  };
  if (row === undefined || approval === undefined) return deny("there is no such draft");
  if (!control.seal.holds("approval", approvalFacts(approval), approval.seal))
    return deny("the question was changed in the database by hand; propose the change anew");
  if (approval.state !== "approved") return deny(`the change is ${approval.state}`);
  const before = await control.published(tx);
  if (before?.version !== approval.policyVersion) return deny("the rules changed meanwhile; propose the change anew");
  const timeLock = new Date(approval.openedAt.getTime() + durationMs(before.policy.change.timeLock));
  if (timeLock > now) return deny(`the time-lock ends at ${timeLock.toISOString()}`);
  const cast = await tx.select().from(votes).where(eq(votes.planHash, version));
  const voted = countedVoices(
    control,
    cast,
    await voices(tx, control.seal, approval.openedAt),
    await excludedFrom(tx, approval),
    true,
  );
  if (!meetsAll([changeQuorum(before)], voted)) return deny("the people who approved no longer make the quorum");
  openDocument(version, row.canonical);
  await publish(tx, control.seal, version, by);
}

/**
 * Brings the rules of desk.yaml in force at the start. The first ever are taken as they are; later ones only where they
 * tighten, or where `loosen` says that this desk may loosen them by its file (a desk on paper). Otherwise the rules
 * before stay in force and the difference is answered for people to see.
 */
export async function publishAtStart(
  tx: Tx,
  control: Pick<Control, "seal" | "published">,
  document: PolicyDocument,
  options: { readonly by: string; readonly loosen: boolean },
): Promise<ChangeResult> {
  await lockDesk(tx);
  const before = await control.published(tx);
  const version = versionOf(document);
  const now = await databaseNow(tx);
  if (before?.version === version) {
    await syncGrants(tx, control.seal, before.people, options.by);
    return { outcome: "unchanged", version, loosens: [] };
  }
  if (before === null && !options.loosen) {
    const [row] = await tx.select({ version: policyVersions.version }).from(policyVersions).limit(1);
    // Rules that cannot be read are no reason to take others unasked.
    if (row !== undefined)
      throw new DeskError(
        "POLICY_DENIED",
        "the rules in force were changed in the database by hand, or the seal's key was lost; restore either before you start",
      );
  }
  const loosens = before === null ? [] : loosenings(document, before);
  const may = loosens.length === 0 || options.loosen;
  await draft(tx, document, options.by, { tightens: loosens.length === 0, opensAt: now });
  await append(tx, {
    actor: options.by,
    type: "config.loaded",
    object: version,
    body: { published: may, loosens: [...loosens] },
  });
  if (may) {
    await publish(tx, control.seal, version, options.by);
    return { outcome: "published", version, loosens };
  }
  await syncGrants(tx, control.seal, before?.people ?? {}, options.by);
  return { outcome: "drafted", version, loosens, opensAt: now };
}
