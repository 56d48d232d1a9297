import { and, eq, inArray } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { policyVersions } from "../../db/schema.ts";
import { DeskError } from "../../kernel/errors.ts";
import { append, lockDesk } from "../../ledger/append.ts";
import { loosenings } from "./compare.ts";
import type { Control } from "../judging/gather.ts";
import { syncGrants } from "../people/grants.ts";
import { draft, publish } from "./published.ts";
import { databaseNow } from "../rows.ts";
import { type PolicyDocument, versionOf } from "./schema.ts";

/** What became of desk.yaml's rules. */
export interface StartResult {
  /** `kept`: people put other rules in force since this file was; the file is no wish to go back. */
  readonly outcome: "unchanged" | "published" | "drafted" | "kept";
  readonly version: string;
  readonly loosens: readonly string[];
}

/**
 * Whether people put the rules in force in place of this very file, which has not been touched since. Its version from
 * before rotas were part of the rules is the same file's.
 */
async function overtaken(tx: Tx, document: PolicyDocument, inForce: string): Promise<boolean> {
  const versions = [versionOf(document), versionOf({ ...document, rotas: {} })];
  const [ours] = await tx
    .select()
    .from(policyVersions)
    .where(and(inArray(policyVersions.version, versions), eq(policyVersions.state, "retired")));
  const [theirs] = await tx.select().from(policyVersions).where(eq(policyVersions.version, inForce));
  return ours !== undefined && (theirs?.publishedBy ?? "system") !== "system";
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
): Promise<StartResult> {
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
  if (before !== null && (await overtaken(tx, document, before.version))) {
    await syncGrants(tx, control.seal, before.people, options.by);
    return { outcome: "kept", version: before.version, loosens: [] };
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
  return { outcome: "drafted", version, loosens };
}
