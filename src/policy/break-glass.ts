import { and, desc, eq, gt, sql } from "drizzle-orm";
import type { Tx } from "../db/client.ts";
import { breakGlass } from "../db/schema.ts";
import { DeskError } from "../kernel/errors.ts";
import { append, lockDesk } from "../ledger/append.ts";
import type { Control } from "./gather.ts";
import { rolesOf } from "./grants.ts";
import { databaseNow } from "./rows.ts";

const LONGEST_MS = 900_000;
const COOL_DOWN_MS = 3_600_000;

/** Emergency powers as they stand. */
export type BreakGlass = typeof breakGlass.$inferSelect;

const factsOf = (row: Pick<BreakGlass, "person" | "scope" | "openedAt" | "expiresAt">) => ({
  person: row.person,
  scope: row.scope,
  openedAt: row.openedAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
});

/**
 * Takes emergency powers: for one account or the firm, at most fifteen minutes, with a reason, after a step-up that the
 * caller verified (`verifyTouch` for "break-glass"). They stand in for approvals of plans that only reduce risk, never
 * for caps, freezes or denials. The caller pages everyone, and the incident cannot close before another person reviewed.
 * @throws DeskError NOT_ALLOWED without the role, or within an hour of the last time
 */
export async function openBreakGlass(
  tx: Tx,
  control: Pick<Control, "seal">,
  wanted: {
    readonly person: string;
    readonly scope: string;
    readonly reason: string;
    readonly incidentId: string | null;
    readonly forMs: number;
  },
): Promise<BreakGlass> {
  await lockDesk(tx);
  if (!/^(firm|account:\S+)$/.test(wanted.scope))
    throw new DeskError(
      "INPUT_INVALID",
      `${wanted.scope.slice(0, 60)} is no scope for emergency powers; name firm or account: and its name`,
    );
  if (wanted.reason.trim().length < 10)
    throw new DeskError("INPUT_INVALID", "say why in at least ten letters; everyone is paged with it");
  if (!(await rolesOf(tx, control.seal, wanted.person)).includes("break-glass"))
    throw new DeskError("NOT_ALLOWED", "emergency powers need the role break-glass");
  const openedAt = await databaseNow(tx);
  const [last] = await tx
    .select()
    .from(breakGlass)
    .where(eq(breakGlass.person, wanted.person))
    .orderBy(desc(breakGlass.openedAt))
    .limit(1);
  if (last !== undefined && openedAt.getTime() - last.openedAt.getTime() < COOL_DOWN_MS)
    throw new DeskError(
      "NOT_ALLOWED",
      "you took emergency powers within the last hour; ask for approvals, or let somebody else decide",
    );
  const expiresAt = new Date(openedAt.getTime() + Math.min(Math.max(wanted.forMs, 0), LONGEST_MS));
  const facts = { person: wanted.person, scope: wanted.scope, openedAt, expiresAt };
  // The id is the seal: a row written into the database by hand gives no powers.
  const row: BreakGlass = {
    ...facts,
    id: control.seal.of("break-glass", factsOf(facts)),
    reason: wanted.reason,
    incidentId: wanted.incidentId,
    reviewedBy: null,
    reviewedAt: null,
  };
  await tx.insert(breakGlass).values(row);
  await append(tx, {
    actor: `person:${wanted.person}`,
    type: "break-glass.opened",
    object: row.id,
    body: { ...factsOf(row), reason: wanted.reason, incident: wanted.incidentId },
  });
  return row;
}

/** Whether a person holds emergency powers over an account now; what `Control.breakGlass` asks. */
export async function holdsBreakGlass(
  tx: Tx,
  control: Pick<Control, "seal">,
  person: string,
  account: string,
): Promise<boolean> {
  const now = await databaseNow(tx);
  const rows = await tx
    .select()
    .from(breakGlass)
    .where(and(eq(breakGlass.person, person), gt(breakGlass.expiresAt, now)));
  return rows.some(
    (row) =>
      (row.scope === "firm" || row.scope === `account:${account}`) &&
      control.seal.holds("break-glass", factsOf(row), row.id),
  );
}

/**
 * Writes that another person, of risk or compliance, looked at the use; resolves to who had taken the powers.
 * @param prefix at least 8 characters of its id
 * @throws DeskError NOT_ALLOWED for the one who took the powers, or without the role
 */
export async function reviewBreakGlass(
  tx: Tx,
  control: Pick<Control, "seal">,
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
  const roles = await rolesOf(tx, control.seal, by);
  if (row.person === by || !roles.some((role) => role === "risk" || role === "compliance"))
    throw new DeskError("NOT_ALLOWED", "another person of risk or compliance must review the use of emergency powers");
  await tx
    .update(breakGlass)
    .set({ reviewedBy: by, reviewedAt: await databaseNow(tx) })
    .where(eq(breakGlass.id, row.id));
  await append(tx, { actor: `person:${by}`, type: "break-glass.reviewed", object: row.id, body: { finding } });
  return row.person;
}
