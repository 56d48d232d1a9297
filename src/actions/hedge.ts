import {
  type Decimal,
  type Price,
  type Quantity,
  abs,
  add,
  decimal,
  div,
  grouped,
  isZero,
  less,
  mul,
  neg,
  sign,
  sub,
} from "../kernel/decimal.ts";
import { DeskError } from "../kernel/errors.ts";
import { type Instrument, baseQuantity, titleOf } from "../kernel/instrument.ts";
import type { Plan } from "../kernel/plan.ts";
import type { ActionRequest, RequestContext } from "../kernel/request.ts";
import type { BookTop, VenueReader } from "../venues/venue.ts";
import { coins, deltaOf, hedgeQuantity } from "./reduce.ts";
import { type Desk, readerOf } from "./desk.ts";
import { assemble } from "./orders/draft.ts";

/** Linear before inverse, because its delta does not move with the price; then the shorter symbol, which is the main market. */
function perpetualOf(instruments: ReadonlyMap<string, Instrument>, asset: string, venue: string): Instrument {
  const [best] = [...instruments.values()]
    .filter((one) => one.kind === "perpetual" && one.base === asset)
    .sort(
      (a, b) =>
        Number(a.inverse) - Number(b.inverse) || a.symbol.length - b.symbol.length || a.symbol.localeCompare(b.symbol),
    );
  if (!best) throw new DeskError("UNKNOWN_INSTRUMENT", `${venue} lists no perpetual of ${asset}; name another asset`);
  return best;
}

/** The mark, or the middle of the book where the venue gives no mark. */
function referencePrice(book: BookTop): Price {
  if (book.markPrice) return book.markPrice;
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  if (!bid || !ask)
    throw new DeskError("VENUE_UNAVAILABLE", `the book of ${book.symbol} is empty; no price to plan with`);
  return div(add(bid, ask), decimal("2"), 12, "half-even");
}

async function openQuantity(reader: VenueReader, account: string, symbol: string): Promise<Quantity> {
  const state = await reader.account(account);
  return state.positions.find((one) => one.symbol === symbol)?.quantity ?? ("0" as Quantity);
}

/**
 * Plans one perpetual order that brings a share of an account's delta in an asset to zero; null where the delta is under
 * one lot. The result never has more exposure than before; reduce-only where the same instrument already carries it.
 */
export async function planHedge(
  desk: Desk,
  request: Extract<ActionRequest, { action: "hedge" }>,
  context: RequestContext,
): Promise<Plan | null> {
  const { account, reader } = await readerOf(desk, request.account);
  const [state, instruments] = await Promise.all([reader.account(account.id), reader.instruments()]);
  const instrument = perpetualOf(instruments, request.asset, account.venue);
  const reference = referencePrice(await reader.book(instrument.symbol, 1));
  const delta = deltaOf(state, request.asset);
  const wanted = mul<"base">(delta, request.share);
  const quantity = hedgeQuantity(instrument, wanted, reference);
  if (isZero(quantity) || less(quantity, instrument.minQuantity)) return null;
  const side = sign(delta) > 0 ? "sell" : "buy";
  const held = await openQuantity(reader, account.id, instrument.symbol);
  const closes = sign(held) === sign(delta) && !less(abs(held), quantity);
  const moved = baseQuantity(instrument, side === "sell" ? neg(quantity) : quantity, reference);
  const left: Decimal<"base"> = add(delta, moved);
  return assemble(
    desk,
    account,
    {
      action: "hedge",
      effect: "reduce",
      reason: `hedge ${grouped(mul(request.share, decimal("100")))} % of ${account.id}'s ${request.asset} delta (${context.reason})`,
      legs: [{ instrument, side, quantity, reference, reduceOnly: closes }],
      cancels: [],
      trading: null,
      changes: [
        { label: `${request.asset} delta`, before: coins(delta, request.asset), after: coins(left, request.asset) },
        {
          label: titleOf(instrument),
          before: held,
          after: side === "sell" ? sub(held, quantity) : add(held, quantity),
        },
      ],
      remains: isZero(left) ? "No delta remains." : `${coins(left, request.asset)} of delta remain unhedged.`,
    },
    context,
  );
}
