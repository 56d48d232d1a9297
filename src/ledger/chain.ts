import { hash } from "node:crypto";
import { GENESIS } from "./entries.ts";
import { leafHash, push, rootOf } from "./merkle.ts";
import { type CheckpointCopy, checkNote } from "./note.ts";

/** Something that cannot be: where it stands and why it is wrong. */
export interface Finding {
  /** "ledger 17", "votes 3f… ana", "checkpoint 200". */
  readonly where: string;
  readonly why: string;
}

/** An entry as it was read, all of it text. */
export interface ChainRow {
  readonly seq: string;
  readonly at: string;
  readonly actor: string;
  readonly type: string;
  readonly object: string;
  readonly body: string;
  readonly prev: string;
  readonly hash: string;
}

/** How far the chain holds. */
export interface Walk {
  size: number;
  head: string;
  readonly peaks: Buffer[];
  /** Roots, in base64, at the sizes that were asked for. */
  readonly roots: Map<number, string>;
  bad: { readonly seq: number; readonly why: string } | null;
}

/** The bytes that an entry's hash covers, written out: canonical JSON has its keys in this order. */
const bytesOf = (row: ChainRow): string =>
  `{"actor":${JSON.stringify(row.actor)},"at":"${row.at}","body":${JSON.stringify(row.body)},"object":${JSON.stringify(row.object)},` +
  `"prev":"${row.prev}","seq":${row.seq},"type":${JSON.stringify(row.type)}}`;

function fault(row: ChainRow, walk: Walk): string | null {
  const due = walk.size + 1;
  if (Number(row.seq) !== due) return `entry ${due} is missing`;
  if (row.prev !== walk.head) return `it does not follow entry ${walk.size}: the hash before it is another one`;
  return hash("sha256", bytesOf(row)) === row.hash ? null : "its content is not what was hashed";
}

/** Goes through the chain once, in memory that does not grow, up to the first entry that is wrong. */
export async function walkChain(
  batches: AsyncIterable<readonly ChainRow[]> | Iterable<readonly ChainRow[]>,
  sizes: ReadonlySet<number>,
): Promise<Walk> {
  const walk: Walk = { size: 0, head: GENESIS, peaks: [], roots: new Map(), bad: null };
  for await (const rows of batches) {
    for (const row of rows) {
      const why = fault(row, walk);
      if (why !== null) {
        walk.bad = { seq: walk.size + 1, why };
        return walk;
      }
      push(walk.peaks, walk.size, leafHash(Buffer.from(row.hash, "hex")));
      walk.size += 1;
      walk.head = row.hash;
      if (sizes.has(walk.size)) walk.roots.set(walk.size, rootOf(walk.peaks).toString("base64"));
    }
  }
  return walk;
}

/** What a signed tree head says against the chain that was walked. */
export function checkpointFaults(
  walk: Walk,
  where: string,
  one: CheckpointCopy,
  publicKey: string | undefined,
): Finding[] {
  const place = `${where} ${one.size}`;
  const note = checkNote(one.note, publicKey);
  if (note.problem !== null) return [{ where: place, why: note.problem }];
  if (note.size !== one.size || note.root !== one.root)
    return [{ where: place, why: "its columns are not what was signed" }];
  if (walk.bad !== null && one.size >= walk.bad.seq) return [];
  if (one.size > walk.size)
    return [
      {
        where: place,
        why: `the ledger ends at entry ${walk.size}: its tail was cut off or an older database was restored`,
      },
    ];
  return walk.roots.get(one.size) === one.root
    ? []
    : [{ where: place, why: "the entries up to here are not those that were signed" }];
}
