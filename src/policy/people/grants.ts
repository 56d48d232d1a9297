import { and, eq, isNull } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { roleGrants } from "../../db/schema.ts";
import { appendMany, lockDesk } from "../../ledger/append.ts";
import { databaseNow, grantFacts } from "../rows.ts";
import type { Role } from "../rules/schema.ts";
import type { Seal } from "../../kernel/seal.ts";

/**
 * Makes the grants what `people` says: new ones count from now, by the database's clock, lost ones end now. Grants that
 * stay keep their date, so that approvals in progress go on.
 */
export async function syncGrants(
  tx: Tx,
  seal: Seal,
  people: Readonly<Record<string, { readonly roles: readonly Role[] }>>,
  by: string,
): Promise<void> {
  await lockDesk(tx);
  const now = await databaseNow(tx);
  const rows = await tx.select().from(roleGrants).where(isNull(roleGrants.revokedAt));
  const wanted = new Set(Object.entries(people).flatMap(([id, one]) => one.roles.map((role) => `${id} ${role}`)));
  const held = new Set<string>();
  const lost: typeof rows = [];
  for (const row of rows) {
    const key = `${row.person} ${row.role}`;
    if (wanted.has(key) && seal.holds("grant", grantFacts(row), row.seal)) held.add(key);
    else lost.push(row);
  }
  for (const row of lost) {
    await tx
      .update(roleGrants)
      .set({ revokedAt: now })
      .where(and(eq(roleGrants.person, row.person), eq(roleGrants.role, row.role), isNull(roleGrants.revokedAt)));
  }
  const fresh = [...wanted]
    .filter((key) => !held.has(key))
    .map((key) => {
      const [person = "", role = ""] = key.split(" ");
      const grant = { person, role, grantedBy: by, grantedAt: now };
      return { ...grant, seal: seal.of("grant", grantFacts(grant)) };
    });
  if (fresh.length > 0) await tx.insert(roleGrants).values(fresh);
  await appendMany(tx, [
    ...lost.map((row) => ({
      actor: by,
      type: "role.revoked" as const,
      object: `person:${row.person}`,
      body: { role: row.role },
    })),
    ...fresh.map((row) => ({
      actor: by,
      type: "role.granted" as const,
      object: `person:${row.person}`,
      body: { role: row.role, grantedAt: now.toISOString(), seal: row.seal },
    })),
  ]);
}
