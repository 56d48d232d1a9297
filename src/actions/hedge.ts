import {
  type Decimal,
  type Price,
  abs,
  add,
  decimal,
  div,
  fromFloat,
  greater,
  grouped,
  isDecimal,
  isZero,
  less,
  mul,
  neg,
  percent,
  places,
  sign,
  sub,
} from "../kernel/decimal.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import { type Account, type AccountState, coinsHeld } from "../kernel/account.ts";
import { type Instrument, baseQuantity, contractsFor, titleOf } from "../kernel/instrument.ts";
import type { Change, Hedged, Plan } from "../kernel/plan.ts";
import type { ActionRequest, RequestContext } from "../kernel/request.ts";
import type { HedgeOrder, HedgeProposal } from "../exposure/hedger.ts";
import { readHoldings } from "../exposure/holdings.ts";
import { perpetualsOf } from "../exposure/instruments.ts";
import { QuantError } from "../quant/errors.ts";
import { exposureOf } from "../quant/risk/holdings.ts";
import type { BookTop, VenueReader } from "../venues/venue.ts";
import { type Desk, readerOf } from "./desk.ts";
import { type Draft, type Leg, assemble } from "./orders/draft.ts";

type Request = Extract<ActionRequest, { action: "hedge" }>;

/** "delta", "delta and vega", "delta, gamma and vega". */
const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;

/** A quantity of coins for people. */
const coins = (value: Decimal<"base">, asset: string): string => `${places(value, 4, "half-even")} ${asset}`;

/** The mark, or the middle of the book where the venue gives no mark. */
function referencePrice(book: BookTop): Price {
  if (book.markPrice) return book.markPrice;
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  if (!bid || !ask)
    throw new DeskError("VENUE_UNAVAILABLE", `the book of ${book.symbol} is empty; no price to plan with`);
  return div(add(bid, ask), decimal("2"), 12, "half-even");
}

const legOf = (order: HedgeOrder): Leg => ({
  instrument: order.instrument,
  side: order.side,
  quantity: order.quantity,
  reference: order.reference,
  reduceOnly: order.closes,
});

function positionChange(state: AccountState, leg: Leg): Change {
  const held =
    state.positions.find((one) => one.symbol === leg.instrument.symbol)?.quantity ?? decimal<"quantity">("0");
  const after = leg.side === "sell" ? sub(held, leg.quantity) : add(held, leg.quantity);
  return { label: titleOf(leg.instrument), before: held, after };
}

const hedgedOf = (state: AccountState, asset: string, before: Decimal, after: Decimal): Hedged => ({
  asset,
  held: places(coinsHeld(state, asset).net, 8, "half-even"),
  before,
  after: places(after, 8, "half-even"),
});

/** The draft of the programme's hedge: delta, and vega where the book has options that the venue's options can answer. */
function draftOf(request: Request, state: AccountState, found: HedgeProposal, why: string): Draft {
  const { asset, share } = request;
  const legs = found.orders.map(legOf);
  const usd = (value: Decimal): string => grouped(value, 0);
  return {
    action: "hedge",
    effect: "reduce",
    reason: `hedge ${percent(share, 0)} of ${state.account}'s ${asset} ${listed(found.hedged)} at a cost of about ${usd(found.costUsd)} USD: ${why}`,
    legs,
    cancels: [],
    trading: null,
    hedged: hedgedOf(state, asset, found.before.delta, found.after.delta),
    changes: [
      {
        label: `${asset} delta`,
        before: coins(found.before.delta, asset),
        after: coins(found.after.delta, asset),
      },
      ...(found.hedged.includes("vega")
        ? [
            {
              label: `${asset} vega, USD a point`,
              before: grouped(found.before.vegaUsdPerPoint, 2),
              after: grouped(found.after.vegaUsdPerPoint, 2),
            },
            {
              label: `${asset} gamma, USD a percent`,
              before: usd(found.before.gammaUsdPerPercent),
              after: usd(found.after.gammaUsdPerPercent),
            },
          ]
        : []),
      ...legs.map((leg) => positionChange(state, leg)),
    ],
    remains: found.remains.join(" "),
  };
}

/**
 * One perpetual order in plain decimals, for the minute in which the programme has no answer: never more exposure than
 * before, and reduce-only where the same instrument already carries it.
 */
async function singlePerpetual(
  reader: VenueReader,
  account: Account,
  state: AccountState,
  request: Request,
  why: string,
  because: string,
): Promise<Draft | null> {
  const { asset, share } = request;
  const instruments = await reader.instruments();
  const instrument = mainPerpetual(instruments, asset, account.venue);
  const reference = referencePrice(await reader.book(instrument.symbol, 1));
  const { holdings } = await readHoldings(reader, state);
  const delta = fromFloat<"base">(
    holdings.filter((one) => one.asset === asset).reduce((total, one) => total + exposureOf(one).deltaCoin, 0),
    decimal("0.00000001"),
    "half-even",
  );
  const quantity = contractsFor(instrument, abs(mul<"base">(delta, share)), reference, "down");
  if (isZero(quantity) || less(quantity, instrument.minQuantity)) return null;
  const side = sign(delta) > 0 ? ("sell" as const) : ("buy" as const);
  const held = state.positions.find((one) => one.symbol === instrument.symbol)?.quantity ?? decimal<"quantity">("0");
  const moved = baseQuantity(instrument, side === "sell" ? neg(quantity) : quantity, reference);
  const left: Decimal<"base"> = add(delta, moved);
  const leg: Leg = {
    instrument,
    side,
    quantity,
    reference,
    reduceOnly: sign(held) === sign(delta) && !less(abs(held), quantity),
  };
  return {
    action: "hedge",
    effect: "reduce",
    reason: `hedge ${percent(share, 0)} of ${account.id}'s ${asset} delta: ${why}`,
    legs: [leg],
    cancels: [],
    trading: null,
    hedged: hedgedOf(state, asset, delta, left),
    changes: [
      { label: `${asset} delta`, before: coins(delta, asset), after: coins(left, asset) },
      positionChange(state, leg),
    ],
    remains: `${isZero(left) ? "No delta remains" : `${coins(left, asset)} of delta remain unhedged`}; vega was not looked at, because ${because}.`,
  };
}

function mainPerpetual(instruments: ReadonlyMap<string, Instrument>, asset: string, venue: string): Instrument {
  const [best] = perpetualsOf(instruments, asset);
  if (!best) throw new DeskError("UNKNOWN_INSTRUMENT", `${venue} lists no perpetual of ${asset}; name another asset`);
  return best;
}

/**
 * Plans the cheapest orders that bring a share of an account's delta in an asset to zero, and of its vega where the venue
 * lists options for it; null where there is nothing a lot could take off. Where the programme finds no answer, one
 * perpetual order takes the delta. @throws DeskError INPUT_INVALID for a share that is not above 0 and at most 1
 */
export async function planHedge(desk: Desk, request: Request, context: RequestContext): Promise<Plan | null> {
  // The share may be an alert's word: more than all of it would turn the exposure round, less than nothing would add to it.
  if (!isDecimal(request.share) || sign(request.share) <= 0 || greater(request.share, decimal("1")))
    throw new DeskError(
      "INPUT_INVALID",
      `the share was "${String(request.share).slice(0, 40)}"; write a plain decimal above 0 and at most 1`,
    );
  const { account, reader } = await readerOf(desk, request.account);
  const state = await reader.account(account.id);
  const { asset, share } = request;
  let draft: Draft | null;
  try {
    const found = await desk.hedger.hedge({ reader, state, asset, share, collarBps: desk.collarBps });
    draft = found.orders.length === 0 ? null : draftOf(request, state, found, context.reason);
  } catch (error) {
    if (!(error instanceof QuantError)) throw error;
    draft = await singlePerpetual(reader, account, state, request, context.reason, messageOf(error));
  }
  return draft === null ? null : assemble(desk, account, draft, context);
}
