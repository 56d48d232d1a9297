import { asc, eq, gte, lte } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { checkpoints, ledger } from "../db/schema.ts";
import { inclusionPath, includes, leafHash } from "./merkle.ts";

/** Shows anyone who has the signed tree head that one entry is in the ledger, without the others. */
export interface InclusionProof {
  readonly entry: {
    readonly seq: number;
    readonly at: string;
    readonly actor: string;
    readonly type: string;
    readonly object: string;
    readonly body: string;
    readonly prev: string;
    readonly hash: string;
  };
  readonly size: number;
  /** From the leaf upwards, base64. */
  readonly path: readonly string[];
  /** The signed tree head. */
  readonly checkpoint: string;
}

/** Proves an entry against the first checkpoint that covers it; null where there is no such entry, or none is signed yet. */
export async function proveEntry(db: Db, seq: number): Promise<InclusionProof | null> {
  const [row] = await db.select().from(ledger).where(eq(ledger.seq, seq));
  const [head] = await db
    .select()
    .from(checkpoints)
    .where(gte(checkpoints.size, seq))
    .orderBy(asc(checkpoints.size))
    .limit(1);
  if (row === undefined || head === undefined) return null;
  const rows = await db
    .select({ hash: ledger.hash })
    .from(ledger)
    .where(lte(ledger.seq, head.size))
    .orderBy(asc(ledger.seq));
  const leaves = rows.map((one) => leafHash(Buffer.from(one.hash, "hex")));
  const path = inclusionPath(seq - 1, leaves);
  const leaf = leafHash(Buffer.from(row.hash, "hex"));
  if (!includes(Buffer.from(head.root, "base64"), head.size, seq - 1, leaf, path)) return null;
  return {
    entry: { ...row, at: row.at.toISOString() },
    size: head.size,
    path: path.map((one) => one.toString("base64")),
    checkpoint: head.note,
  };
}
