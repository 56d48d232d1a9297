import {
  type Decimal,
  type Price,
  type Quantity,
  type Ratio,
  ZERO,
  decimal,
  div,
  greater,
  isZero,
  mul,
  places,
  sign,
} from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import type { Instrument } from "../../kernel/instrument.ts";
import type { VenueOrder } from "../../kernel/order.ts";
import { type Row, maybeText, text } from "../answer.ts";

/** Units of an instrument's face as contracts. */
export const toContracts = (units: Decimal, one: Instrument): Quantity =>
  div<"quantity">(units, one.contractSize, 12, "half-even");

/** Contracts as units of an instrument's face. */
export const toUnits = (contracts: Quantity, one: Instrument): Decimal => mul(contracts, one.contractSize);

/** A price, or null where the venue writes nothing or zero for "none". */
export const priceOrNull = (price: Price | undefined): Price | null =>
  price === undefined || isZero(price) ? null : places(price, 12, "half-even");

/** Maintenance margin over the money that stands for it, both in one unit; null where there is no money. */
export const marginRatio = (maintenance: Decimal, equity: Decimal): Ratio | null =>
  sign(equity) > 0 ? div<"ratio">(maintenance, equity, 6, "up") : null;

/** Positions that are liquidated together, and the money that stands for them alone; both in the same unit, USD or a coin. */
export interface Purse {
  readonly maintenance: Decimal;
  readonly equity: Decimal;
}

/** The margin ratio of the purse nearest to its liquidation; null where one needs margin and has no money. 0 where none needs any. */
export function worstRatio(purses: readonly Purse[]): Ratio | null {
  let worst: Ratio = ZERO;
  for (const { maintenance, equity } of purses.filter((one) => !isZero(one.maintenance))) {
    const ratio = marginRatio(maintenance, equity);
    if (ratio === null) return null;
    if (greater(ratio, worst)) worst = ratio;
  }
  return worst;
}

/**
 * A place in the auto-deleveraging queue that a venue tells as a number of lights. What is no such number is taken for not
 * told: a warning sign must not cost the reading of the account.
 * @param most how many lights the next in the queue has
 */
export function adlRank(of: Row, key: string, most: number): { readonly adlRankRatio?: Ratio } {
  const lights = Number(maybeText(of, key) ?? "none");
  if (!Number.isInteger(lights) || lights < 0 || lights > most) return {};
  return { adlRankRatio: div<"ratio">(decimal(String(lights)), decimal(String(most)), 6, "half-even") };
}

/** Several lists of orders as one, each order once. */
export function joined(...lists: readonly (readonly VenueOrder[])[]): readonly VenueOrder[] {
  return [...new Map(lists.flat().map((one) => [one.venueOrderId, one])).values()];
}

/** The order of a list that bears this client order id. */
export const withId = (orders: readonly VenueOrder[], clientOrderId: string): VenueOrder | undefined =>
  orders.find((one) => one.clientOrderId === clientOrderId);

/** What was told of an order that only its id is known of, once the venue repeated our own id. @throws DeskError VENUE_ANSWER_INVALID */
export function sameId<T>(told: T, clientOrderId: string | undefined, wanted: string): T {
  if (clientOrderId === wanted) return told;
  throw new DeskError(
    "VENUE_ANSWER_INVALID",
    `order ${wanted} was sent, the venue answered for ${clientOrderId ?? "no id"}`,
  );
}

/**
 * Waits for all of several calls before it fails for one of them, so that none is still under way when the caller goes on.
 * @throws the first failure
 */
export async function together<T extends readonly unknown[]>(
  ...calls: { readonly [K in keyof T]: Promise<T[K]> }
): Promise<T> {
  const ended = await Promise.allSettled(calls);
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  return ended.map((one) => (one as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/** A list that is expected on one page. @throws DeskError VENUE_ANSWER_INVALID where the page is full, and so more may be missing */
export function whole(page: readonly Row[], full: number): readonly Row[] {
  if (page.length < full) return page;
  throw new DeskError("VENUE_ANSWER_INVALID", `the venue answered with ${page.length} entries, and there may be more`);
}

/** A list that a venue tells forward in pages. */
interface Walk {
  readonly page: (params: Row) => Promise<readonly Row[]>;
  /** What tells one entry from another. */
  readonly id: string;
  /** How many entries a full page has; a shorter one is the last. */
  readonly full: number;
  readonly first: Row;
  /** What to ask for after a full page. */
  readonly next: (last: Row) => Row;
}

/** All entries of a list, over all its pages, each once. Ends where a full page brings nothing new. */
export async function walked({ page, id, full, first, next }: Walk): Promise<readonly Row[]> {
  const seen = new Map<string, Row>();
  let params = first;
  for (;;) {
    const list = await page(params);
    const before = seen.size;
    for (const one of list) seen.set(text(one, id), one);
    const last = list.at(-1);
    if (list.length < full || !last || seen.size === before) return [...seen.values()];
    params = next(last);
  }
}
