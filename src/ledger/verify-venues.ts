import type { TransactionSql } from "postgres";
import { type Decimal, abs, compare, decimal, greater, isZero, mul, sub } from "../kernel/decimal.ts";
import type { OrderState, VenueOrder } from "../kernel/order.ts";
import type { Finding } from "./chain.ts";

/** A venue's own word on our orders, learned by reading alone. */
export interface VenueWord {
  readonly accounts: ReadonlySet<string>;
  /** Orders that it may have forgotten are not asked about; null where it forgets none. */
  readonly since: Date | null;
  /** Every order that it took under this id: one, or none, or, where something went wrong, more. */
  taken(account: string, symbol: string, clientOrderId: string): Promise<readonly VenueOrder[]>;
  /** Ids of the desk's making that it knows of this account. */
  ours(account: string): Promise<readonly string[]>;
}

/** What the comparison came to. */
export interface VenueVerdict {
  readonly compared: number;
  /** Accounts with orders that nobody was asked about. */
  readonly unasked: readonly string[];
  readonly findings: readonly Finding[];
}

interface Row {
  readonly id: string;
  readonly account: string;
  readonly symbol: string;
  readonly side: string;
  readonly quantity: string;
  readonly state: OrderState;
  readonly venueOrderId: string | null;
  readonly filled: string;
  readonly average: string | null;
  /** Whether people declared its end, because the venue shows no such order. */
  readonly settled: boolean;
  readonly at: Date;
}

const ORDERS = `select client_order_id as id, account, symbol, side, quantity::text, state, venue_order_id as "venueOrderId",
  filled_quantity::text as filled, average_price::text as average,
  (settled_by is not null and venue_order_id is null) as settled, intended_at as at from breakwater.orders one order by intended_at, leg`;

/** The states in which a venue holds nothing of an order. */
const ABSENT = new Set<OrderState>(["intent", "rejected", "not_placed"]);
const ENDED = new Set<OrderState>(["filled", "cancelled", "expired"]);
const same = (a: string, b: string): boolean => compare(decimal(a), decimal(b)) === 0;
/** Averages are rounded, by each venue in its own way: a millionth apart is the same. */
const near = (a: Decimal, b: Decimal): boolean => !greater(mul(abs(sub(a, b)), decimal("1000000")), abs(b));

/** What the row and the venue do not agree on; null where they agree. */
function quarrel(row: Row, taken: readonly VenueOrder[]): string | null {
  if (taken.length > 1) return `the venue took it ${taken.length} times`;
  const [there] = taken;
  if (ABSENT.has(row.state))
    return there === undefined || there.state === "rejected"
      ? null
      : `it was ${row.state === "intent" ? "never sent" : row.state} by its row, and the venue took it (${there.state})`;
  if (row.state === "unknown")
    return there === undefined ? null : `its outcome is still unknown here, and the venue says ${there.state}`;
  if (there === undefined)
    return row.settled ? null : `it is ${row.state} by its row, and the venue knows no such order`;
  if (row.venueOrderId !== null && row.venueOrderId !== there.venueOrderId)
    return `its venue order id is ${row.venueOrderId}, the venue's is ${there.venueOrderId}`;
  const asked: readonly (readonly [string, string, string])[] = [
    ["symbol", row.symbol, there.symbol],
    ["side", row.side, there.side],
  ];
  for (const [what, ours, theirs] of asked)
    if (ours !== theirs) return `its ${what} is ${ours}, the venue's is ${theirs}`;
  if (!same(row.quantity, there.quantity)) return `its quantity is ${row.quantity}, the venue's is ${there.quantity}`;
  if (!ENDED.has(row.state)) return null;
  if (there.state === "working") return `it is ${row.state} by its row, and the venue still works it`;
  if (!same(row.filled, there.filledQuantity))
    return `${row.filled} was filled by its row, ${there.filledQuantity} by the venue's word`;
  if (isZero(decimal(row.filled)) || there.averagePrice === null) return null;
  return row.average !== null && near(decimal(row.average), there.averagePrice)
    ? null
    : `its average price is ${row.average ?? "not known"}, the venue's is ${there.averagePrice}`;
}

/** Compares every recorded order with what its venue says, oldest first, and looks for orders of ours that nobody recorded. */
export async function compareVenues(sql: TransactionSql, words: readonly VenueWord[]): Promise<VenueVerdict> {
  const rows = await sql.unsafe<Row[]>(ORDERS);
  const findings: Finding[] = [];
  const unasked = new Set<string>();
  let compared = 0;
  for (const row of rows) {
    const word = words.find((one) => one.accounts.has(row.account));
    if (word === undefined) unasked.add(row.account);
    if (word === undefined || (word.since !== null && row.at < word.since)) continue;
    compared += 1;
    const why = quarrel(row, await word.taken(row.account, row.symbol, row.id));
    if (why !== null) findings.push({ where: `orders ${row.id}`, why });
  }
  const known = new Set(rows.map((row) => row.id));
  for (const word of words)
    for (const account of word.accounts)
      for (const id of new Set(await word.ours(account)))
        if (!known.has(id))
          findings.push({ where: `orders ${id}`, why: `the venue took it for ${account}, and no row stands for it` });
  return { compared, unasked: [...unasked].sort(), findings };
}
