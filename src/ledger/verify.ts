import { hash } from "node:crypto";
import type { Sql } from "postgres";
import { GENESIS } from "./entries.ts";
import { leafHash, push, rootOf } from "./merkle.ts";
import { type CheckpointCopy, checkNote } from "./note.ts";
import { ROW_CHECKS } from "./verify-rows.ts";

/** Something that cannot be: where it stands and why it is wrong. */
export interface Finding {
  /** "ledger 17", "votes 3f…/ana", "checkpoint 200". */
  readonly where: string;
  readonly why: string;
}

/** The verdict over the whole ledger. */
export interface VerifyReport {
  readonly ok: boolean;
  /** One sentence for people. */
  readonly text: string;
  readonly entries: number;
  /** Number of the first entry that is wrong; null where the chain holds. */
  readonly firstBad: number | null;
  readonly checkpoints: number;
  /** Hash of the last entry. */
  readonly head: string;
  readonly findings: readonly Finding[];
}

/** What the verdict is compared with, from outside the database. */
export interface VerifyOptions {
  /** Checkpoints as they were copied out; without them a tail that was cut off cannot be seen. */
  readonly copies?: readonly CheckpointCopy[];
  /** The ledger's public key ("breakwater+1a2b3c4d+A…"); without it signatures are not looked at. */
  readonly publicKey?: string;
  /** Leaves out the comparison of rows with entries. */
  readonly chainOnly?: boolean;
}

interface Row {
  readonly seq: string;
  readonly at: string;
  readonly actor: string;
  readonly type: string;
  readonly object: string;
  readonly body: string;
  readonly prev: string;
  readonly hash: string;
}

const ROWS = `select seq::text, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
  actor, type, object, body, prev, hash from breakwater.ledger order by seq`;

/** The bytes that an entry's hash covers, written out: canonical JSON has its keys in this order. */
const bytesOf = (row: Row): string =>
  `{"actor":${JSON.stringify(row.actor)},"at":"${row.at}","body":${JSON.stringify(row.body)},"object":${JSON.stringify(row.object)},` +
  `"prev":"${row.prev}","seq":${row.seq},"type":${JSON.stringify(row.type)}}`;

interface Walk {
  size: number;
  head: string;
  readonly peaks: Buffer[];
  /** Roots at the sizes that checkpoints name. */
  readonly roots: Map<number, string>;
  bad: { readonly seq: number; readonly why: string } | null;
}

function fault(row: Row, walk: Walk): string | null {
  const due = walk.size + 1;
  if (Number(row.seq) !== due) return `entry ${due} is missing`;
  if (row.prev !== walk.head) return `it does not follow entry ${walk.size}: the hash before it is another one`;
  return hash("sha256", bytesOf(row)) === row.hash ? null : "its content is not what was hashed";
}

/** Goes through the whole chain once, with memory that does not grow, up to the first entry that is wrong. */
async function walkChain(sql: Sql, sizes: ReadonlySet<number>): Promise<Walk> {
  const walk: Walk = { size: 0, head: GENESIS, peaks: [], roots: new Map(), bad: null };
  for await (const rows of sql.unsafe<Row[]>(ROWS).cursor(2_000)) {
    for (const row of rows) {
      const why = fault(row, walk);
      if (why !== null) {
        walk.bad = { seq: why.endsWith("missing") ? walk.size + 1 : Number(row.seq), why };
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

function checkpointFaults(walk: Walk, where: string, one: CheckpointCopy, publicKey: string | undefined): Finding[] {
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

/**
 * Verifies the ledger by its own way through the rows, sharing nothing with the code that writes them: the chain without
 * gaps, every signed tree head, and that plans, approvals, votes, orders, freezes, roles and rules say what the entries
 * say. Reads one snapshot; names the first entry that is wrong.
 */
export async function verifyLedger(database: Sql, options: VerifyOptions = {}): Promise<VerifyReport> {
  return database.begin("isolation level repeatable read read only", async (sql) => {
    const stored = await sql.unsafe<{ size: string; root: string; note: string }[]>(
      "select size::text, root, note from breakwater.checkpoints order by size",
    );
    const checkpoints = stored.map((one) => ({ ...one, size: Number(one.size) }));
    const copies = options.copies ?? [];
    const walk = await walkChain(sql as unknown as Sql, new Set([...checkpoints, ...copies].map((one) => one.size)));
    const findings: Finding[] = walk.bad === null ? [] : [{ where: `ledger ${walk.bad.seq}`, why: walk.bad.why }];
    for (const one of checkpoints) findings.push(...checkpointFaults(walk, "checkpoint", one, options.publicKey));
    for (const one of copies) findings.push(...checkpointFaults(walk, "copied checkpoint", one, options.publicKey));
    if (options.chainOnly !== true) {
      for (const { about, sql: text } of ROW_CHECKS) {
        const rows = await sql.unsafe<{ place: string }[]>(`${text} limit 20`);
        findings.push(...rows.map((row) => ({ where: row.place, why: about })));
      }
    }
    return reportOf(walk, checkpoints.length, findings);
  }) as Promise<VerifyReport>;
}

function reportOf(walk: Walk, checkpoints: number, findings: readonly Finding[]): VerifyReport {
  const [first] = findings;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
  return {
    ok: first === undefined,
    text:
      first === undefined
        ? `${walk.size} entries verify, with ${checkpoints} signed checkpoints; head ${walk.head.slice(0, 12)}`
        : `the ledger does not verify: ${first.where}: ${first.why}${more}`,
    entries: walk.size,
    firstBad: walk.bad?.seq ?? null,
    checkpoints,
    head: walk.head,
    findings,
  };
}
