import { eq } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { policyVersions } from "../db/schema.ts";
import type { Log } from "../kernel/log.ts";
import type { Secret } from "../kernel/secret.ts";
import type { Control } from "./gather.ts";
import { draft, publish, readPublished } from "./published.ts";
import { databaseNow } from "./rows.ts";
import { type PolicyDocument, versionOf } from "./schema.ts";
import { openSeal } from "./seal.ts";

/**
 * Opens the control plane: the rules in force are those of the database. desk.yaml's rules become the first version by
 * themselves; later differences do so only on a desk without live accounts, because changing live rules needs consent.
 */
export async function openControl(options: {
  readonly database: Database;
  readonly document: PolicyDocument;
  readonly live: boolean;
  readonly sealKey: Secret;
  /** What the kill switch's marker on the disk says. */
  readonly halted: Control["halted"];
  readonly log: Log;
}): Promise<Control> {
  const { database, document, live, log } = options;
  const seal = openSeal(options.sealKey);
  const wanted = versionOf(document);
  await database.db.transaction(async (tx) => {
    const [published] = await tx
      .select({ version: policyVersions.version })
      .from(policyVersions)
      .where(eq(policyVersions.state, "published"));
    if (published?.version === wanted) return;
    if (published && live) {
      log.error(
        { inForce: published.version, inFile: wanted },
        "desk.yaml's rules differ from those in force; they count only once they are published",
      );
      return;
    }
    await draft(tx, document, "system", { tightens: false, opensAt: await databaseNow(tx) });
    await publish(tx, seal, wanted, "system");
  });
  return {
    seal,
    published: readPublished(),
    halted: options.halted,
    onCall: async () => null,
    deadManArmed: () => null,
    reconcilerHealthy: () => null,
    breakGlass: async () => false,
  };
}
