import { and, desc, eq, gt, sql } from "drizzle-orm";
import { noteIncident } from "../../db/changes.ts";
import type { Tx } from "../../db/client.ts";
import { breakGlass } from "../../db/schema.ts";
import { type Json, digest } from "../../kernel/canonical.ts";
import { DeskError } from "../../kernel/errors.ts";
import { append, lockDesk } from "../../ledger/append.ts";
import { databaseNow } from "../rows.ts";
import { type RightsSource, rolesOf } from "./voices.ts";

const LONGEST_MS = 900_000;
const COOL_DOWN_MS = 3_600_000;

/** Emergency powers as they stand. */
export type BreakGlass = typeof breakGlass.$inferSelect;

/** Emergency powers as a person asks for them. */
export interface EmergencyRequest {
  /** "firm" or "account:<id>". */
  readonly scope: string;
  readonly reason: string;
  /** The incident that cannot close before the review; null where one is opened for it. */
  readonly incidentId: string | null;
  /** At most fifteen minutes. */
  readonly forMs: number;
}

/** What the passkey is touched for: these words and no others. */
export const emergencyDigest = (request: EmergencyRequest): string => digest(request as unknown as Json);

const factsOf = (row: Pick<BreakGlass, "person" | "scope" | "openedAt" | "expiresAt">) => ({
  person: row.person,
  scope: row.scope,
  openedAt: row.openedAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
});

/**
 * Whether a person may take these powers now, before a passkey is asked for.
 * @throws DeskError NOT_ALLOWED without the role, or within an hour of the last time; INPUT_INVALID for a wrong scope or reason
 */
export async function checkEmergency(
  tx: Tx,
  control: RightsSource,
  person: string,
  { scope, reason, forMs }: EmergencyRequest,
): Promise<void> {
  if (!/^(firm|account:\S{1,120})$/.test(scope))
    throw new DeskError(
      "INPUT_INVALID",
      `${scope.slice(0, 60) || "nothing"} is no scope for emergency powers; name firm or account: and its name`,
    );
  if (reason.trim().length < 10 || reason.length > 500)
    throw new DeskError("INPUT_INVALID", "say why in ten to five hundred letters; everyone is paged with it");
  if (!(forMs >= 60_000 && forMs <= LONGEST_MS))
    throw new DeskError("INPUT_INVALID", "emergency powers last one to fifteen minutes");
  if (!(await rolesOf(tx, control, person)).includes("break-glass"))
    throw new DeskError("NOT_ALLOWED", "emergency powers need the role break-glass");
  const now = await databaseNow(tx);
  const [last] = await tx
    .select()
    .from(breakGlass)
    .where(eq(breakGlass.person, person))
    .orderBy(desc(breakGlass.openedAt))
    .limit(1);
  if (last !== undefined && now.getTime() - last.openedAt.getTime() < COOL_DOWN_MS)
    throw new DeskError(
      "NOT_ALLOWED",
      "you took emergency powers within the last hour; ask for approvals, or let somebody else decide",
    );
}

/**
 * Takes emergency powers: for one account or the firm, at most fifteen minutes, with a reason, after a step-up that the
 * caller verified (`verifyTouch` for "break-glass" and the request's digest). They stand in for approvals of plans that only reduce risk, never
 * for caps, freezes or denials. The caller pages everyone, and the incident cannot close before another person reviewed.
 * @throws DeskError NOT_ALLOWED without the role, or within an hour of the last time
 */
export async function openBreakGlass(
  tx: Tx,
  control: RightsSource,
  person: string,
  request: EmergencyRequest,
): Promise<BreakGlass> {
  await lockDesk(tx);
  await checkEmergency(tx, control, person, request);
  const openedAt = await databaseNow(tx);
  const expiresAt = new Date(openedAt.getTime() + request.forMs);
  const { scope, reason, incidentId } = request;
  const facts = { person, scope, openedAt, expiresAt };
  // The id is the seal: a row written into the database by hand gives no powers.
  const row: BreakGlass = {
    ...facts,
    id: control.seal.of("break-glass", factsOf(facts)),
    reason,
    incidentId,
    reviewedBy: null,
    reviewedAt: null,
  };
  await tx.insert(breakGlass).values(row);
  await append(tx, {
    actor: `person:${person}`,
    type: "break-glass.opened",
    object: row.id,
    body: { ...factsOf(row), reason, incident: incidentId },
  });
  return row;
}

/**
 * Whether a person holds emergency powers over an account now, and still the role that gave them; what `Control.breakGlass`
 * asks.
 */
export async function holdsBreakGlass(
  tx: Tx,
  control: RightsSource,
  person: string,
  account: string,
): Promise<boolean> {
  const now = await databaseNow(tx);
  const rows = await tx
    .select()
    .from(breakGlass)
    .where(and(eq(breakGlass.person, person), gt(breakGlass.expiresAt, now)));
  const taken = rows.some(
    (row) =>
      (row.scope === "firm" || row.scope === `account:${account}`) &&
      control.seal.holds("break-glass", factsOf(row), row.id),
  );
  return taken && (await rolesOf(tx, control, person)).includes("break-glass");
}

/**
 * Writes that another person, of risk or compliance, looked at the use; resolves to who had taken the powers.
 * @param prefix at least 8 characters of its id
 * @throws DeskError NOT_ALLOWED for the one who took the powers, or without the role
 */
export async function reviewBreakGlass(
  tx: Tx,
  control: RightsSource,
  prefix: string,
  by: string,
  finding: string,
): Promise<string> {
  await lockDesk(tx);
  if (finding.trim().length < 10)
    throw new DeskError("INPUT_INVALID", "say what you found in at least ten letters; the ledger keeps it");
  const found = /^[\w-]{8,}$/.test(prefix)
    ? await tx
        .select()
        .from(breakGlass)
        .where(sql`starts_with(${breakGlass.id}, ${prefix})`)
        .limit(2)
        .for("update")
    : [];
  const [row] = found;
  if (row === undefined || found.length > 1)
    throw new DeskError("INPUT_INVALID", "there is no such use of emergency powers");
  if (row.reviewedAt !== null) throw new DeskError("DECISION_TAKEN", `${row.reviewedBy} reviewed it before`);
  const roles = await rolesOf(tx, control, by);
  if (row.person === by || !roles.some((role) => role === "risk" || role === "compliance"))
    throw new DeskError("NOT_ALLOWED", "another person of risk or compliance must review the use of emergency powers");
  await tx
    .update(breakGlass)
    .set({ reviewedBy: by, reviewedAt: await databaseNow(tx) })
    .where(eq(breakGlass.id, row.id));
  await append(tx, { actor: `person:${by}`, type: "break-glass.reviewed", object: row.id, body: { finding } });
  if (row.incidentId !== null)
    await noteIncident(tx, {
      incident: row.incidentId,
      type: "break-glass.reviewed",
      actor: `person:${by}`,
      text: `reviewed the emergency powers of ${row.person}: ${finding}`,
    });
  return row.person;
}
