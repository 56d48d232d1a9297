import { desc, eq, ne, sql } from "drizzle-orm";
import { announce } from "../../db/changes.ts";
import type { Tx } from "../../db/client.ts";
import { ledger, policyVersions } from "../../db/schema.ts";
import { canonical, sha256 } from "../../kernel/canonical.ts";
import { append, lockDesk } from "../../ledger/append.ts";
import { syncGrants } from "../people/grants.ts";
import { type Rotas, rotasSettings } from "./rota.ts";
import { databaseNow } from "../rows.ts";
import { type Policy, type PolicyDocument, type Role, policySchema, rightsOf } from "./schema.ts";
import type { Seal } from "../../kernel/seal.ts";

/** The rules in force. */
export interface Published {
  /** SHA-256 of the canonical policy, people, rotas and what is switched off. */
  readonly version: string;
  readonly policy: Policy;
  readonly people: Readonly<Record<string, { readonly roles: readonly Role[] }>>;
  /** Names of playbooks that are switched off. */
  readonly playbooksOff: readonly string[];
  /** On-call rotas by name; none in versions from before they were part of the rules. */
  readonly rotas: Rotas;
}

/** Reads the rules in force; remembers the parsed form by version, so that most reads cost one short row. */
export type ReadPublished = (tx: Tx) => Promise<Published | null>;

/** Opens a document as it stands in the database. @throws where its bytes are not those of its version */
export function openDocument(version: string, text: string): Published {
  if (sha256(text) !== version)
    throw new RangeError(`the policy in the database is not the one of version ${version}; publish it anew`);
  const document = JSON.parse(text) as {
    policy: unknown;
    people: Record<string, readonly Role[]>;
    playbooksOff?: readonly string[];
    rotas?: unknown;
  };
  return {
    version,
    policy: policySchema.parse(document.policy),
    people: Object.fromEntries(Object.entries(document.people).map(([id, roles]) => [id, { roles }])),
    playbooksOff: document.playbooksOff ?? [],
    rotas: rotasSettings.parse(document.rotas ?? {}),
  };
}

/** The version that was published last, as the ledger tells it; null where none was. */
async function lastPublished(tx: Tx): Promise<string | null> {
  const [entry] = await tx
    .select({ version: ledger.object })
    .from(ledger)
    // Written out, as in the index over these few entries.
    .where(sql`${ledger.type} = 'policy.published'`)
    .orderBy(desc(ledger.seq))
    .limit(1)
    .prepare("last published")
    .execute();
  return entry?.version ?? null;
}

/**
 * Makes the reader of the rules in force. Null where none was published, or where somebody changed the row by hand, also
 * to an earlier version whose seal still holds: the caller then denies.
 */
export function readPublished(seal: Seal): ReadPublished {
  let last: Published | null = null;
  return async (tx) => {
    const [row] = await tx
      .select()
      .from(policyVersions)
      .where(eq(policyVersions.state, "published"))
      .prepare("rules in force")
      .execute();
    if (row === undefined || sha256(row.canonical) !== row.version) return null;
    if (!seal.holds("policy", publishedFacts(row), row.seal) || (await lastPublished(tx)) !== row.version) return null;
    if (last?.version !== row.version) last = openDocument(row.version, row.canonical);
    return last;
  };
}

const publishedFacts = (row: { readonly version: string; readonly publishedAt: Date | null }) => ({
  version: row.version,
  publishedAt: row.publishedAt?.toISOString() ?? null,
});

/** Makes a version the one in force, retires the one before, and brings the grants to its people. */
export async function publish(tx: Tx, seal: Seal, version: string, by: string): Promise<void> {
  await lockDesk(tx);
  const now = await databaseNow(tx);
  await tx.update(policyVersions).set({ state: "retired" }).where(eq(policyVersions.state, "published"));
  const [row] = await tx
    .update(policyVersions)
    .set({
      state: "published",
      publishedAt: now,
      publishedBy: by,
      seal: seal.of("policy", publishedFacts({ version, publishedAt: now })),
    })
    .where(eq(policyVersions.version, version))
    .returning();
  if (row === undefined) throw new RangeError(`there is no policy version ${version}`);
  const document = openDocument(version, row.canonical);
  await append(tx, {
    actor: by,
    type: "policy.published",
    object: version,
    body: { proposedBy: row.proposedBy, tightens: row.tightens },
  });
  await syncGrants(tx, seal, document.people, by);
  await announce(tx, { type: "rules" });
}

/** Writes a version of the rules as a draft; one that stands already keeps its row. Resolves to its version. */
export async function draft(
  tx: Tx,
  document: PolicyDocument,
  by: string,
  how: { readonly tightens: boolean; readonly opensAt: Date },
): Promise<string> {
  const text = canonical(rightsOf(document));
  const version = sha256(text);
  const row = {
    canonical: text,
    state: "draft" as const,
    tightens: how.tightens,
    proposedBy: by,
    opensAt: how.opensAt,
  };
  const inserted = await tx
    .insert(policyVersions)
    .values({ version, ...row, createdAt: await databaseNow(tx) })
    .onConflictDoUpdate({
      target: policyVersions.version,
      set: row,
      // The version in force is no draft again.
      setWhere: ne(policyVersions.state, "published"),
    })
    .returning({ version: policyVersions.version });
  if (inserted.length > 0)
    await append(tx, {
      actor: by,
      type: "policy.drafted",
      object: version,
      body: { tightens: how.tightens, opensAt: how.opensAt.toISOString() },
    });
  return version;
}
