import {
  type Decimal,
  type Price,
  type Quantity,
  type Usd,
  ZERO,
  abs,
  add,
  compare,
  decimal,
  div,
  greater,
  grouped,
  percent,
  type Ratio,
  isDecimal,
  isZero,
  less,
  max,
  min,
  mul,
  neg,
  sign,
  sub,
} from "../kernel/decimal.ts";
import { coinPriced } from "../exposure/instruments.ts";
import { DeskError } from "../kernel/errors.ts";
import { type Instrument, titleOf } from "../kernel/instrument.ts";
import { type AccountState, marginEquity } from "../kernel/account.ts";
import type { Position } from "../kernel/order.ts";
import type { Change, Plan } from "../kernel/plan.ts";
import type { ActionRequest, RequestContext } from "../kernel/request.ts";
import { QuantError } from "../quant/errors.ts";
import { enforcesReduceOnly } from "../venues/capabilities.ts";
import type { VenueReader } from "../venues/venue.ts";
import { roundTo } from "../kernel/decimal.ts";
import { type Desk, readerOf } from "./desk.ts";
import { type Leg, assemble } from "./orders/draft.ts";

/** Loss expected from closing, as a share of the notional closed: fee and half a stressed spread. It only makes the plan a little larger. */
const COST_RATIO = decimal<"ratio">("0.003");
/** A venue's equity under this is as good as none; everything is closed then. */
const NOTHING_LEFT_USD = decimal<"usd">("1");

interface Reduction {
  readonly position: Position;
  readonly instrument: Instrument;
  readonly quantity: Quantity;
  /** 0..1 of the position. */
  readonly share: Decimal;
}

/**
 * How much of which position to close so that maintenance margin / equity falls to `target`: the position that holds
 * the most maintenance margin per notional first, each at most whole, quantities rounded up to the lot.
 */
export function reductions(
  state: AccountState,
  instruments: ReadonlyMap<string, Instrument>,
  target: Decimal,
): Reduction[] {
  let margin = state.maintenanceMarginUsd;
  let equity = marginEquity(state);
  const closable = state.positions.filter(
    (one) => instruments.has(one.symbol) && !isZero(one.quantity) && greater(one.maintenanceMarginUsd, ZERO),
  );
  const ordered = [...closable].sort(
    (a, b) => compare(b.maintenanceMarginUsd, a.maintenanceMarginUsd) || a.symbol.localeCompare(b.symbol),
  );
  const chosen: Reduction[] = [];
  for (const position of ordered) {
    const excess = sub(margin, mul<"usd">(target, max(equity, ZERO as Usd)));
    if (sign(excess) <= 0) break;
    const instrument = instruments.get(position.symbol) as Instrument;
    const cost = mul<"usd">(position.notionalUsd, COST_RATIO);
    // margin − x·m ≤ target·(equity − x·cost)  ⇔  x ≥ (margin − target·equity) / (m − target·cost)
    const relief = sub(position.maintenanceMarginUsd, mul<"usd">(target, cost));
    if (sign(relief) <= 0) continue;
    const whole = decimal("1");
    const wanted = less(equity, NOTHING_LEFT_USD) ? whole : min(whole, div(excess, relief, 12, "up"));
    const size = abs(position.quantity);
    const lots = roundTo(mul<"quantity">(size, wanted), instrument.lotSize, "up");
    const quantity = min(size, max(lots, instrument.minQuantity));
    const share = div(quantity, size, 12, "half-even");
    margin = sub(margin, mul<"usd">(position.maintenanceMarginUsd, share));
    equity = sub(equity, mul<"usd">(cost, share));
    chosen.push({ position, instrument, quantity, share });
  }
  return chosen;
}

/** What venues take a coin for in the value of a position in options that are priced in it. */
const coinUsd = ({ position, instrument }: Reduction): Price =>
  div(position.notionalUsd, mul(abs(position.quantity), instrument.contractSize), 2, "half-even");

const ratioText = (margin: Usd, equity: Usd): string =>
  sign(equity) <= 0 ? "no equity left" : percent(div(margin, equity, 6, "half-even"));

function changesOf(state: AccountState, chosen: readonly Reduction[]): Change[] {
  const freed = chosen.reduce(
    (total, one) => add(total, mul<"usd">(one.position.maintenanceMarginUsd, one.share)),
    ZERO as Usd,
  );
  const cost = chosen.reduce(
    (total, one) => add(total, mul<"usd">(mul(one.position.notionalUsd, COST_RATIO), one.share)),
    ZERO as Usd,
  );
  return [
    {
      label: "Margin ratio",
      before: ratioText(state.maintenanceMarginUsd, marginEquity(state)),
      after: ratioText(sub(state.maintenanceMarginUsd, freed), sub(marginEquity(state), cost)),
    },
    ...chosen.map((one): Change => {
      const left = sub(
        one.position.quantity,
        (sign(one.position.quantity) > 0 ? one.quantity : neg(one.quantity)) as Quantity,
      );
      return { label: titleOf(one.instrument), before: one.position.quantity, after: left };
    }),
  ];
}

/**
 * What to close: the cheapest closes by the books, as the programme finds them; where it finds none (the books hold too
 * little, equity is gone, or all is to be closed) by the rule that needs no book.
 */
async function chooseCloses(
  desk: Desk,
  reader: VenueReader,
  state: AccountState,
  instruments: ReadonlyMap<string, Instrument>,
  toRatio: Ratio,
): Promise<{ readonly chosen: readonly Reduction[]; readonly costUsd: Decimal | null }> {
  const byRule = { chosen: reductions(state, instruments, toRatio), costUsd: null };
  if (isZero(toRatio) || less(state.equityUsd, NOTHING_LEFT_USD) || byRule.chosen.length === 0) return byRule;
  try {
    const { collarBps } = desk;
    const { closes, costUsd } = await desk.hedger.close({ reader, state, toRatio, costRatio: COST_RATIO, collarBps });
    const chosen = closes.map((one): Reduction => ({
      ...one,
      share: div(one.quantity, abs(one.position.quantity), 12, "half-even"),
    }));
    return chosen.length === 0 ? byRule : { chosen, costUsd };
  } catch (error) {
    if (!(error instanceof QuantError)) throw error;
    return byRule;
  }
}

/**
 * Plans reduce-only orders that bring an account's margin ratio to the target; null where it is there already.
 * @throws DeskError INPUT_INVALID for a ratio that is none, ACCOUNT_STALE without a margin ratio, NOT_SUPPORTED where nothing that holds margin can be closed
 */
export async function planReduce(
  desk: Desk,
  request: Extract<ActionRequest, { action: "reduce" }>,
  context: RequestContext,
): Promise<Plan | null> {
  if (!isDecimal(request.toRatio) || sign(request.toRatio) < 0)
    throw new DeskError(
      "INPUT_INVALID",
      `the margin ratio to reach was "${String(request.toRatio).slice(0, 40)}"; write a plain decimal such as 0.45, or 0`,
    );
  const { account, reader } = await readerOf(desk, request.account);
  const [state, instruments] = await Promise.all([reader.account(account.id), reader.instruments()]);
  if (state.positions.length === 0) return null;
  const money = marginEquity(state);
  if (greater(money, ZERO) && compare(state.maintenanceMarginUsd, mul(request.toRatio, money)) <= 0) return null;
  // An order that its venue may let grow or turn a position reduces nothing for sure.
  const safe = { ...state, positions: state.positions.filter((one) => enforcesReduceOnly(account.venue, one.symbol)) };
  const { chosen, costUsd } = await chooseCloses(desk, reader, safe, instruments, request.toRatio);
  if (chosen.length === 0)
    throw new DeskError(
      "NOT_SUPPORTED",
      `${account.id} holds nothing that an order can reduce; move margin in or close by hand at ${account.venue}`,
    );
  const legs = chosen.map((one): Leg => ({
    instrument: one.instrument,
    side: sign(one.position.quantity) > 0 ? "sell" : "buy",
    quantity: one.quantity,
    reference: one.position.markPrice,
    reduceOnly: true,
    ...(coinPriced(one.instrument) ? { coinUsd: coinUsd(one) } : {}),
  }));
  const changes = changesOf(state, chosen);
  const untouched = state.positions.length - chosen.filter((one) => one.share === "1").length;
  return assemble(
    desk,
    account,
    {
      action: "reduce",
      effect: "reduce",
      reason: `bring ${account.id} to a margin ratio of ${percent(request.toRatio, 0)}${costUsd === null ? "" : ` at a cost of about ${grouped(costUsd, 0)} USD`}: ${context.reason}`,
      legs,
      cancels: [],
      trading: null,
      changes,
      remains:
        untouched === 0
          ? "No position stays open."
          : `${untouched} ${untouched === 1 ? "position stays" : "positions stay"} open, in part or whole.`,
    },
    context,
  );
}
