import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonical, digest } from "../../src/kernel/canonical.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { type ChainRow, checkpointFaults, walkChain } from "../../src/ledger/chain.ts";
import { GENESIS } from "../../src/ledger/entries.ts";
import { EMPTY_FRONTIER, grow, rootOf } from "../../src/ledger/merkle.ts";
import { type CheckpointCopy, checkpointText, makeNoteKey, openNoteKey } from "../../src/ledger/note.ts";

const key = openNoteKey("breakwater", new Secret(makeNoteKey()));
const SIZE = 40;

/** A chain as the writer makes it, from the same definition and not from the same code. */
function chainOf(size: number, from: readonly ChainRow[] = []): ChainRow[] {
  const rows = [...from];
  for (let seq = rows.length + 1; seq <= size; seq += 1) {
    const row = {
      seq,
      at: new Date(1_770_000_000_000 + seq * 1_000).toISOString(),
      actor: `person:p${seq % 3}`,
      type: "command.called",
      object: `o${seq}`,
      body: canonical({ n: String(seq) }),
      prev: rows.at(-1)?.hash ?? GENESIS,
    };
    rows.push({ ...row, seq: String(seq), hash: digest(row) });
  }
  return rows;
}
const chain = chainOf(SIZE);
const copyAt = (rows: readonly ChainRow[]): CheckpointCopy => {
  const root = rootOf(
    grow(
      EMPTY_FRONTIER,
      rows.map((row) => Buffer.from(row.hash, "hex")),
    ).peaks,
  );
  return { size: rows.length, root: root.toString("base64"), note: key.sign(checkpointText(rows.length, root)) };
};
const copies = [10, 20, 30, SIZE].map((size) => copyAt(chain.slice(0, size)));

async function verdict(rows: readonly ChainRow[]): Promise<{ bad: number | null; faults: number }> {
  const walk = await walkChain([rows], new Set(copies.map((one) => one.size)));
  const faults = copies.flatMap((one) => checkpointFaults(walk, "copy", one, undefined));
  return { bad: walk.bad?.seq ?? null, faults: faults.length };
}

/** Rewrites everything from one entry on, as somebody would who owns the database and knows the format. */
function rewrite(rows: readonly ChainRow[], at: number): ChainRow[] {
  const kept = rows.slice(0, at);
  for (const row of rows.slice(at)) {
    const next = {
      ...row,
      prev: kept.at(-1)?.hash ?? GENESIS,
      actor: row === rows[at] ? "person:eve" : row.actor,
      seq: kept.length + 1,
    };
    const { hash: _, ...hashed } = next;
    kept.push({ ...next, seq: String(next.seq), hash: digest(hashed) });
  }
  return kept;
}

const COLUMNS = ["seq", "at", "actor", "type", "object", "body", "prev", "hash"] as const;
const place = fc.nat({ max: SIZE - 1 });
type Tamper = { readonly rows: readonly ChainRow[]; readonly bad: number | null };
const tampers: fc.Arbitrary<Tamper> = fc.oneof(
  fc.tuple(place, fc.constantFrom(...COLUMNS), fc.nat()).map(([at, column, salt]): Tamper => {
    const row = chain[at] as ChainRow;
    const value =
      column === "seq"
        ? String(Number(row.seq) + 1 + (salt % 5))
        : createHash("sha256").update(`${row[column]}${salt}`).digest("hex");
    return { rows: chain.with(at, { ...row, [column]: value }), bad: at + 1 };
  }),
  place.map((at): Tamper => ({ rows: chain.toSpliced(at, 1), bad: at === SIZE - 1 ? null : at + 1 })),
  fc.tuple(place, place).map(([at, from]): Tamper => ({
    rows: chain.toSpliced(at, 0, { ...(chain[from] as ChainRow), seq: String(at + 1) }),
    bad: null,
  })),
  fc
    .tuple(place, place)
    .filter(([a, b]) => a < b)
    .map(([a, b]): Tamper => ({ rows: chain.with(a, chain[b] as ChainRow).with(b, chain[a] as ChainRow), bad: a + 1 })),
  fc.integer({ min: 0, max: SIZE - 1 }).map((size): Tamper => ({ rows: chain.slice(0, size), bad: null })),
  fc.integer({ min: 0, max: SIZE - 1 }).map((at): Tamper => ({ rows: rewrite(chain, at), bad: null })),
  fc
    .integer({ min: 0, max: SIZE - 1 })
    .map((at): Tamper => ({ rows: chainOf(SIZE + 5, rewrite(chain.slice(0, at + 1), at)), bad: null })),
);

test("an untouched chain verifies, also while it grows beyond its last checkpoint", async () => {
  expect(await verdict(chain)).toEqual({ bad: null, faults: 0 });
  expect(await verdict(chainOf(SIZE + 7, chain))).toEqual({ bad: null, faults: 0 });
});

test("10,000 random tampers are all found: edits, deletions, insertions, swaps, cut tails, roll-backs and whole rewrites", async () => {
  await fc.assert(
    fc.asyncProperty(tampers, async ({ rows, bad }) => {
      const found = await verdict(rows);
      expect(found.bad !== null || found.faults > 0).toBe(true);
      // Where one place was touched and nothing was rewritten to hide it, that place is named.
      if (bad !== null) expect(found.bad).toBe(bad);
    }),
    { numRuns: 10_000 },
  );
}, 120_000);
