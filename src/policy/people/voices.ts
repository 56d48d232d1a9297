import { and, isNull, lt } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { roleGrants } from "../../db/schema.ts";
import type { Seal } from "../../kernel/seal.ts";
import type { ReadPublished } from "../rules/published.ts";
import type { Voice } from "./quorum.ts";
import { grantFacts } from "../rows.ts";
import type { Role } from "../rules/schema.ts";

/** What tells who holds which role: the seal over grants, and the rules in force, which name everyone's roles. */
export interface RightsSource {
  readonly seal: Seal;
  readonly published: ReadPublished;
}

/**
 * Everyone's present roles, of grants older than `before` where it is given. A grant counts where its seal holds and the
 * rules in force give the role too: what somebody wrote into the database, or took back from its past, gives nobody a say.
 */
export async function voices(tx: Tx, { seal, published }: RightsSource, before?: Date): Promise<readonly Voice[]> {
  const people = (await published(tx))?.people ?? {};
  const rows = await tx
    .select()
    .from(roleGrants)
    .where(and(isNull(roleGrants.revokedAt), before === undefined ? undefined : lt(roleGrants.grantedAt, before)));
  const byPerson = new Map<string, Set<Role>>();
  for (const row of rows) {
    const role = Object.hasOwn(people, row.person)
      ? people[row.person]?.roles.find((one) => one === row.role)
      : undefined;
    if (role === undefined || !seal.holds("grant", grantFacts(row), row.seal)) continue;
    byPerson.set(row.person, (byPerson.get(row.person) ?? new Set<Role>()).add(role));
  }
  return [...byPerson].map(([id, roles]) => ({ id, roles: [...roles].sort() })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** One person's present roles; none for somebody the desk does not know. */
export async function rolesOf(tx: Tx, rights: RightsSource, person: string): Promise<readonly Role[]> {
  return (await voices(tx, rights)).find((one) => one.id === person)?.roles ?? [];
}
