import { and, asc, eq } from "drizzle-orm";
import { announce } from "../../db/changes.ts";
import type { Tx } from "../../db/client.ts";
import { approvals, policyVersions, ruleChanges, votes } from "../../db/schema.ts";
import { canonical, sha256 } from "../../kernel/canonical.ts";
import { durationMs } from "../../kernel/duration.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import { append, lockDesk } from "../../ledger/append.ts";
import { type Wake, answerOf, closeOvertaken, decide, lockedApproval, openApproval } from "../people/approvals.ts";
import { type Comparable, differences } from "./compare.ts";
import type { Control } from "../judging/gather.ts";
import { type RightsSource, rolesOf, voices } from "../people/voices.ts";
import { type Published, draft, openDocument, publish } from "./published.ts";
import { type Quorum, meetsAll, quorumOf } from "../people/quorum.ts";
import { approvalFacts, databaseNow } from "../rows.ts";
import { ROLES, type PolicyDocument, type Role, versionOf } from "./schema.ts";
import { countedVoices, excludedFrom } from "../people/vote.ts";

/** Who may ask for other rules; who consents is another question. */
const DRAFTERS: readonly Role[] = ["risk", "policy-admin", "operator"];
const LONGEST_REASON = 500;

/** A change of the rules as it was asked for: the bytes that are hashed, shown and approved. */
export interface ChangeBytes {
  readonly subject: "rules";
  /** Versions of the rules before and after; each is the SHA-256 of the whole document. */
  readonly from: string;
  readonly to: string;
  readonly requestedBy: string;
  readonly reason: string;
  readonly at: string;
  /** Everything that differs, one sentence each; what loosens apart. */
  readonly loosens: readonly string[];
  readonly tightens: readonly string[];
}

/** What became of a proposed change. */
export type ChangeResult =
  | { readonly outcome: "unchanged"; readonly version: string }
  | { readonly outcome: "published"; readonly version: string; readonly hash: string }
  | {
      readonly outcome: "drafted";
      readonly version: string;
      readonly hash: string;
      readonly loosens: readonly string[];
      readonly opensAt: Date;
    };

/** A change's row. */
export type RuleChange = typeof ruleChanges.$inferSelect;

const withSay = (roles: readonly Role[]): boolean => roles.some((role) => role !== "viewer" && role !== "requester");

/**
 * The people that a loosening needs: at least what the policy demands of changes, one more than the largest quorum in
 * force, and every role that a changed rule asks for, so that nobody can vote a rule down with less than it demands.
 */
export function changeQuorum(now: Pick<Published, "policy" | "people">): Quorum {
  const largest = now.policy.rules.reduce((most, { says, beyond }) => {
    const people = [says, beyond].map((one) => (typeof one === "object" && "quorum" in one ? one.quorum.people : 0));
    return Math.max(most, ...people);
  }, 0);
  const { change } = now.policy;
  const able = Object.values(now.people).filter((one) => withSay(one.roles));
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

/** The bytes of a change. @throws DeskError PLAN_CHANGED where they are not those of its hash */
export function openChange(row: Pick<RuleChange, "hash" | "canonical">): ChangeBytes {
  if (sha256(row.canonical) !== row.hash)
    throw new DeskError("PLAN_CHANGED", `change ${row.hash.slice(0, 12)} was changed in the database by hand`);
  return JSON.parse(row.canonical) as ChangeBytes;
}

async function write(
  tx: Tx,
  bytes: ChangeBytes,
  state: RuleChange["state"],
  opensAt: Date,
): Promise<{ readonly hash: string }> {
  const text = canonical(bytes as never);
  const hash = sha256(text);
  const openedAt = new Date(bytes.at);
  await tx.insert(ruleChanges).values({
    hash,
    canonical: text,
    version: bytes.to,
    fromVersion: bytes.from,
    requestedBy: bytes.requestedBy,
    state,
    openedAt,
    opensAt,
    ...(state === "waiting" ? {} : { endedAt: openedAt }),
  });
  await append(tx, { actor: bytes.requestedBy, type: "policy.change", object: hash, body: { state, ...bytes } });
  await announce(tx, { type: "rules" });
  return { hash };
}

/** Whether these roles may ask for other rules. */
export const mayDraft = (roles: readonly Role[]): boolean => roles.some((role) => DRAFTERS.includes(role));

/** Refuses people who may not ask for other rules. @throws DeskError NOT_ALLOWED */
export async function checkDrafter(tx: Tx, control: RightsSource, by: string): Promise<void> {
  if (!by.startsWith("person:")) return;
  const roles = await rolesOf(tx, control, by.slice("person:".length));
  if (!mayDraft(roles))
    throw new DeskError(
      "NOT_ALLOWED",
      `asking for other rules needs the role ${DRAFTERS.join(" or ")}, and you are ${roles.join(", ") || "without a role"}; a freeze stops trading without one`,
    );
}

/**
 * Proposes a change of rules, people or playbooks. What only tightens is in force at once; what may loosen waits for its
 * quorum and its time-lock, and the rules before stay in force meanwhile. Each proposal is a question of its own, so that
 * a change that was refused can be asked for again.
 * @throws DeskError NOT_ALLOWED, INPUT_INVALID, DECISION_TAKEN where the same change waits already
 */
export async function proposeChange(
  tx: Tx,
  control: Control,
  document: PolicyDocument,
  by: string,
  reason: string,
): Promise<ChangeResult> {
  await lockDesk(tx);
  await checkDrafter(tx, control, by);
  if (reason.trim().length < 10 || reason.length > LONGEST_REASON)
    throw new DeskError("INPUT_INVALID", `say why in ten to ${LONGEST_REASON} letters; the ledger keeps it`);
  const before = await control.published(tx);
  if (before === null)
    throw new DeskError("POLICY_DENIED", "no rules are in force that could be changed; start the desk first");
  const version = versionOf(document);
  if (version === before.version) return { outcome: "unchanged", version };
  const waiting = await tx
    .select()
    .from(ruleChanges)
    .where(and(eq(ruleChanges.version, version), eq(ruleChanges.state, "waiting")));
  if (waiting.some((one) => one.fromVersion === before.version))
    throw new DeskError("DECISION_TAKEN", "this very change waits for people already; look at /rules");
  const now = await databaseNow(tx);
  const found = differences(document, before);
  const loosens = found.filter((one) => one.loosens).map((one) => one.what);
  const bytes: ChangeBytes = {
    subject: "rules",
    from: before.version,
    to: version,
    requestedBy: by,
    reason: reason.trim(),
    at: now.toISOString(),
    loosens,
    tightens: found.filter((one) => !one.loosens).map((one) => one.what),
  };
  if (loosens.length === 0) {
    await draft(tx, document, by, { tightens: true, opensAt: now });
    const { hash } = await write(tx, bytes, "published", now);
    await publish(tx, control.seal, version, by);
    return { outcome: "published", version, hash };
  }
  const opensAt = new Date(now.getTime() + durationMs(before.policy.change.timeLock));
  await draft(tx, document, by, { tightens: false, opensAt });
  const { hash } = await write(tx, bytes, "waiting", opensAt);
  const quorum = changeQuorum(before);
  await openApproval(tx, control, {
    hash,
    subject: "policy",
    requestedBy: by,
    runId: null,
    quorums: [quorum],
    policyVersion: before.version,
    ttlMs: quorum.withinMs,
  });
  return { outcome: "drafted", version, hash, loosens, opensAt };
}

/** When the time-lock of a question ends, by the rules in force; the question's seal covers when it was opened. */
const lockEnd = ({ openedAt }: { readonly openedAt: Date }, { policy }: Published): Date =>
  new Date(openedAt.getTime() + durationMs(policy.change.timeLock));

/**
 * Publishes an approved change once its time-lock is over; the votes are counted anew under the roles of now.
 * @throws DeskError POLICY_DENIED saying what is missing
 */
export async function publishChange(tx: Tx, control: Control, hash: string, by: string): Promise<void> {
  await lockDesk(tx);
  const now = await databaseNow(tx);
  const deny = (why: string): never => {
    throw new DeskError("POLICY_DENIED", why);
  };
  const [change] = await tx.select().from(ruleChanges).where(eq(ruleChanges.hash, hash)).for("update");
  const [approval] = await tx.select().from(approvals).where(eq(approvals.planHash, hash));
  if (change === undefined || approval === undefined) return deny("there is no such change");
  const bytes = openChange(change);
  if (!control.seal.holds("approval", approvalFacts(approval), approval.seal))
    return deny("the question was changed in the database by hand; propose the change anew");
  if (approval.state !== "approved") return deny(`the change is ${approval.state}`);
  const before = await control.published(tx);
  if (before === null || before.version !== approval.policyVersion || before.version !== bytes.from)
    return deny("the rules changed meanwhile; propose the change anew");
  const timeLock = lockEnd(approval, before);
  if (timeLock > now) return deny(`the time-lock ends at ${timeLock.toISOString()}`);
  const cast = await tx.select().from(votes).where(eq(votes.planHash, hash));
  const voted = countedVoices(
    control,
    cast,
    await voices(tx, control, approval.openedAt),
    await excludedFrom(tx, approval),
    true,
  );
  if (!meetsAll([changeQuorum(before)], voted)) return deny("the people who approved no longer make the quorum");
  const [row] = await tx.select().from(policyVersions).where(eq(policyVersions.version, bytes.to));
  if (row === undefined) return deny("there is no such draft");
  openDocument(bytes.to, row.canonical);
  await publish(tx, control.seal, bytes.to, by);
  await end(tx, change, "published", by, now, null);
}

async function end(
  tx: Tx,
  change: RuleChange,
  state: RuleChange["state"],
  by: string,
  endedAt: Date,
  why: string | null,
): Promise<void> {
  await tx.update(ruleChanges).set({ state, endedAt }).where(eq(ruleChanges.hash, change.hash));
  await append(tx, { actor: by, type: "policy.change", object: change.hash, body: { state, why } });
  await announce(tx, { type: "rules" });
}

/** A change that came to its end a moment ago. */
export interface SettledChange {
  readonly change: RuleChange;
  readonly state: "published" | "refused" | "void";
  readonly why: string | null;
}

/** How a waiting change ends now; null where it goes on waiting. */
async function settle(tx: Tx, control: Control, change: RuleChange, wake: Wake): Promise<SettledChange | null> {
  const over = (state: "refused" | "void", why: string): SettledChange => ({ change, state, why });
  const before = await control.published(tx);
  if (before?.version !== change.fromVersion) return over("void", "the rules changed meanwhile; propose it anew");
  const standing = await answerOf(tx, change.hash, wake);
  if (standing === undefined) return over("void", "nobody was asked");
  if (standing.state === "denied") return over("refused", `${standing.by} denied it`);
  if (standing.state === "expired") return over("refused", "too few people approved it in time");
  if (standing.state === "pending") return null;
  const [approval] = await tx.select().from(approvals).where(eq(approvals.planHash, change.hash));
  // The same moment as the one that publishing asks for: the row's own word for it is only shown.
  if (approval === undefined || lockEnd(approval, before) > (await databaseNow(tx))) return null;
  return { change, state: "published", why: null };
}

/**
 * Ends every waiting change whose time has come: approved ones behind their time-lock are put in force, refused, expired
 * and overtaken ones are closed, and so are questions about plans of the rules before. Safe to call again and from several replicas.
 */
export async function settleChanges(tx: Tx, control: Control, wake: Wake): Promise<readonly SettledChange[]> {
  const inForce = await control.published(tx);
  if (inForce !== null) await closeOvertaken(tx, inForce.version, wake);
  const waiting = await tx.select().from(ruleChanges).where(eq(ruleChanges.state, "waiting")).limit(1);
  if (waiting.length === 0) return [];
  await lockDesk(tx);
  const rows = await tx
    .select()
    .from(ruleChanges)
    .where(eq(ruleChanges.state, "waiting"))
    .orderBy(asc(ruleChanges.openedAt));
  const done: SettledChange[] = [];
  for (const change of rows) {
    const now = await databaseNow(tx);
    let settled = await settle(tx, control, change, wake);
    if (settled === null) continue;
    if (settled.state === "published") {
      try {
        await publishChange(tx, control, change.hash, "service:rules");
      } catch (error) {
        if (!(error instanceof DeskError) && !(error instanceof RangeError)) throw error;
        settled = { change, state: "void", why: messageOf(error) };
      }
    }
    if (settled.state !== "published") {
      const approval = await lockedApproval(tx, change.hash);
      if (approval?.state === "pending")
        await decide(tx, approval, "expired", { actor: "policy", at: now, reason: settled.why }, wake);
      await end(tx, change, settled.state, "policy", now, settled.why);
    }
    done.push(settled);
  }
  return done;
}

/** What stands in the way of ever changing these rules again; null where the desk has the people for it. */
export function lockedOut(document: Comparable): string | null {
  const quorum = changeQuorum(document);
  const people = Object.entries(document.people).map(([id, { roles }]) => ({ id, roles }));
  if (meetsAll([quorum], people)) return null;
  return `nobody could loosen these rules any more: it takes ${quorum.people} persons, with ${quorum.roles.join(" and ")} among them`;
}
