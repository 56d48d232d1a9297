import type { Tx } from "../db/client.ts";
import { rows } from "../db/rows.ts";
import { canonical, sha256 } from "../kernel/canonical.ts";
import { type Entry, GENESIS, type Written } from "./entries.ts";

/** One number for the one lock under which all deeds are put in order; `lockDesk` takes it. */
export const DESK_LOCK = 727_275;

/**
 * Takes the lock under which the ledger's head moves and every control decision is made; held until the transaction
 * ends. One lock for both means that deeds never wait for each other in a circle, and that a freeze which has been
 * committed is seen by every later claim.
 */
export async function lockDesk(tx: Tx): Promise<void> {
  // Sent as the head's question is: drizzle's own `execute` leaves a turn later, so what is asked after it would overtake it.
  await rows(tx, `select pg_advisory_xact_lock(${DESK_LOCK})`);
}

/** One JSON document instead of eight parameters a row: a batch stays one short statement. */
const INSERT = `
  insert into breakwater.ledger (seq, at, actor, type, object, body, prev, hash)
  select seq, at, actor, type, object, body, prev, hash from json_to_recordset($1::json)
    as row (seq bigint, at timestamptz, actor text, type text, object text, body text, prev text, hash text)`;

/** Where the chain ends, and the database's time. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
  readonly at: Date;
}

const HEAD = `
  select seq, hash, floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms
  from (select 1) one left join (select seq, hash from breakwater.ledger order by seq desc limit 1) last on true`;

/** The last entry and the database's time; only true under the lock. */
export async function readHead(tx: Tx): Promise<Head> {
  // A statement of its own: the one that waited for the lock still sees the rows of before the wait.
  const [row] = await rows<{ seq: string | null; hash: string | null; ms: string }>(tx, HEAD);
  return { seq: Number(row?.seq ?? 0), hash: row?.hash ?? GENESIS, at: new Date(Number(row?.ms)) };
}

/**
 * Writes entries to the end of the chain, in their order, inside the caller's transaction: they stand if and only if
 * the deed stands. Takes the desk's lock, so call it late in transactions that lock rows of their own first; who holds
 * the lock since the transaction's beginning and appends once hands in the head that was read under it.
 * @throws TypeError where a body has no JSON form
 */
export async function appendMany(tx: Tx, entries: readonly Entry[], known?: Head): Promise<readonly Written[]> {
  if (entries.length === 0) return [];
  // Both are sent before either is answered; the connection keeps their order.
  const last = known ?? (await Promise.all([lockDesk(tx), readHead(tx)]))[1];
  const at = last.at.toISOString();
  let prev = last.hash;
  const written = entries.map((entry, index) => {
    // Keys in alphabetical order and nothing but strings and one integer: this is the canonical JSON (RFC 8785) already.
    const row = {
      actor: entry.actor,
      at,
      body: canonical(entry.body),
      object: entry.object,
      prev,
      seq: last.seq + 1 + index,
      type: entry.type,
    };
    prev = sha256(JSON.stringify(row));
    return { ...row, hash: prev };
  });
  await rows(tx, INSERT, [JSON.stringify(written)]);
  return written.map((row) => ({ seq: row.seq, at: last.at, hash: row.hash }));
}

/** Writes one entry; see `appendMany`. */
export async function append(tx: Tx, entry: Entry): Promise<Written> {
  const [written] = await appendMany(tx, [entry]);
  return written as Written;
}
