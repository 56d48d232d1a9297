import type { Sql } from "postgres";
import type { Seal } from "../kernel/seal.ts";
import { type ChainRow, type Finding, type Walk, checkpointFaults, walkChain } from "./chain.ts";
import type { CheckpointCopy } from "./note.ts";
import { type VenueVerdict, type VenueWord, compareVenues } from "./verify-venues.ts";
import { brokenSeals } from "./verify-seals.ts";
import { ROW_CHECKS } from "./verify-rows.ts";

/** The verdict over the whole ledger. */
export interface VerifyReport {
  readonly ok: boolean;
  /** One sentence for people. */
  readonly text: string;
  readonly entries: number;
  /** Number of the first entry that is wrong; null where the chain holds. */
  readonly firstBad: number | null;
  readonly checkpoints: number;
  /** Orders that were compared with the venues; null where no venue was asked. */
  readonly ordersCompared: number | null;
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
  /** The seal that the database never sees; without it the MACs of rows are not looked at. */
  readonly seal?: Seal;
  /** Venues that are asked what became of the recorded orders; without them nobody is asked. */
  readonly venues?: readonly VenueWord[];
  /** Leaves out the comparison of rows with entries. */
  readonly chainOnly?: boolean;
}

const ROWS = `select seq::text, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
  actor, type, object, body, prev, hash from breakwater.ledger one order by one.seq`;
const BATCH = 2_000;

/**
 * Verifies the ledger by its own way through the rows, sharing nothing with the code that writes them: the chain without
 * gaps, every signed tree head, and that plans, approvals, votes, orders, freezes, roles and rules say what the entries
 * say. Reads one snapshot; names the first entry that is wrong.
 */
export async function verifyLedger(database: Sql, options: VerifyOptions = {}): Promise<VerifyReport> {
  return database.begin("isolation level repeatable read read only", async (sql) => {
    const stored = await sql.unsafe<{ size: string; root: string; note: string }[]>(
      "select size::text, root, note from breakwater.checkpoints one order by one.size",
    );
    const checkpoints = stored.map((one) => ({ ...one, size: Number(one.size) }));
    const copies = options.copies ?? [];
    const sizes = new Set([...checkpoints, ...copies].map((one) => one.size));
    const walk = await walkChain(sql.unsafe<ChainRow[]>(ROWS).cursor(BATCH), sizes);
    const findings: Finding[] = walk.bad === null ? [] : [{ where: `ledger ${walk.bad.seq}`, why: walk.bad.why }];
    for (const one of checkpoints) findings.push(...checkpointFaults(walk, "checkpoint", one, options.publicKey));
    for (const one of copies) findings.push(...checkpointFaults(walk, "copied checkpoint", one, options.publicKey));
    if (options.chainOnly !== true) {
      for (const { about, sql: text } of ROW_CHECKS) {
        const rows = await sql.unsafe<{ place: string }[]>(`${text} limit 20`);
        findings.push(...rows.map((row) => ({ where: row.place, why: about })));
      }
    }
    if (options.seal) findings.push(...(await brokenSeals(sql, options.seal)));
    const asked = options.venues === undefined ? null : await compareVenues(sql, options.venues);
    findings.push(...(asked?.findings ?? []));
    return reportOf(walk, checkpoints.length, findings, asked);
  });
}

/** What the venues were asked, as the end of a sentence. */
const askedText = (asked: VenueVerdict | null): string =>
  asked === null
    ? ""
    : `; ${asked.compared === 1 ? "1 order is" : `${asked.compared} orders are`} what the venues say${asked.unasked.length === 0 ? "" : `, of ${asked.unasked.join(", ")} nobody was asked`}`;

function reportOf(
  walk: Walk,
  checkpoints: number,
  findings: readonly Finding[],
  asked: VenueVerdict | null,
): VerifyReport {
  const [first] = findings;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
  return {
    ok: first === undefined,
    text:
      first === undefined
        ? `${walk.size} entries verify, with ${checkpoints} signed checkpoint${checkpoints === 1 ? "" : "s"}; head ${walk.head.slice(0, 12)}${askedText(asked)}`
        : `${first.where}: ${first.why}${more}`,
    entries: walk.size,
    firstBad: walk.bad?.seq ?? null,
    checkpoints,
    ordersCompared: asked?.compared ?? null,
    head: walk.head,
    findings,
  };
}
