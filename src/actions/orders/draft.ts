import type { Account } from "../../kernel/account.ts";
import {
  type Decimal,
  type Price,
  type Quantity,
  type Usd,
  add,
  decimal,
  max,
  mul,
  places,
  roundTo,
  sub,
  sum,
} from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import { type Instrument, notional } from "../../kernel/instrument.ts";
import type { Side } from "../../kernel/order.ts";
import type { ActionName, Change, Collar, Effect, Plan, PlannedOrder } from "../../kernel/plan.ts";
import type { RequestContext } from "../../kernel/request.ts";
import { type VenueName, enforcesReduceOnly } from "../../venues/capabilities.ts";
import { clientOrderId } from "../../venues/client-order-id.ts";
import { isDollar } from "../../kernel/dollar.ts";
import type { Desk } from "../desk.ts";

const BPS = decimal("0.0001");

/** One order still without its price limits and id. */
export interface Leg {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly quantity: Quantity;
  /** The price the collar is drawn around: the mark where the venue says one, else the middle of the book. */
  readonly reference: Price;
  readonly reduceOnly: boolean;
  /** USD a coin, where the instrument is priced in a coin: an option settled in its own. */
  readonly coinUsd?: Price;
}

/**
 * What an order may come to, in USD: a buy may cost its limit, a sell may fetch the market's price.
 * @throws DeskError NOT_SUPPORTED where the instrument is priced in something that has no price here
 */
function notionalUsd({ instrument, quantity, reference, coinUsd }: Leg, limitPrice: Price): Usd {
  const amount = notional(instrument, quantity, max(limitPrice, reference));
  if (isDollar(instrument.quote)) return places(amount, 2, "half-even");
  if (coinUsd !== undefined) return places(mul<"usd">(amount, coinUsd), 2, "half-even");
  throw new DeskError(
    "NOT_SUPPORTED",
    `${instrument.symbol} is priced in ${instrument.quote}, and limits count in dollars; trade it by hand`,
  );
}

/** Everything of a plan that its action decides. */
export interface Draft {
  readonly action: ActionName;
  readonly effect: Effect;
  readonly reason: string;
  readonly legs: readonly Leg[];
  readonly cancels: Plan["cancels"];
  readonly trading: Plan["trading"];
  readonly settlement?: NonNullable<Plan["settlement"]>;
  readonly hedged?: NonNullable<Plan["hedged"]>;
  readonly changes: readonly Change[];
  readonly remains: string;
}

/** The prices `bps` below and above the reference, on the tick and inside. */
export function collarAround(instrument: Instrument, reference: Price, bps: number): Collar {
  const width = mul<"price">(reference, mul(decimal(String(bps)), BPS));
  return {
    symbol: instrument.symbol,
    reference,
    low: roundTo(sub(reference, width), instrument.tickSize, "up"),
    high: roundTo(add(reference, width), instrument.tickSize, "down"),
  };
}

/**
 * Turns a draft into the plan that is hashed: every order gets its limit at the collar's edge, immediate-or-cancel, and
 * an id that is a pure function of who asked, when and why.
 */
export function assemble(desk: Desk, account: Account, draft: Draft, context: RequestContext): Plan {
  const createdAt = desk.clock.now();
  const venue = account.venue as VenueName;
  const seed = [
    account.id,
    context.requestedBy,
    context.run ?? "",
    draft.action,
    createdAt.toISOString(),
    draft.reason,
  ].join("|");
  const collars = draft.legs.map((leg) => collarAround(leg.instrument, leg.reference, desk.collarBps));
  const orders = draft.legs.map((leg, at): PlannedOrder => {
    const collar = collars[at] as Collar;
    const limitPrice = (leg.side === "buy" ? collar.high : collar.low) as Price;
    return {
      account: account.id,
      symbol: leg.instrument.symbol,
      side: leg.side,
      quantity: leg.quantity,
      limitPrice,
      timeInForce: "IOC",
      reduceOnly: leg.reduceOnly && enforcesReduceOnly(venue, leg.instrument.symbol),
      clientOrderId: clientOrderId(venue, seed, at),
      notionalUsd: notionalUsd(leg, limitPrice),
    };
  });
  return {
    format: 1,
    action: draft.action,
    effect: draft.effect,
    environment: account.environment,
    venue: account.venue,
    account: account.id,
    requestedBy: context.requestedBy,
    incident: context.incident,
    run: context.run,
    reason: draft.reason,
    orders,
    cancels: draft.cancels,
    trading: draft.trading,
    ...(draft.settlement === undefined ? {} : { settlement: draft.settlement }),
    ...(draft.hedged === undefined ? {} : { hedged: draft.hedged }),
    collars: [...new Map(collars.map((collar) => [collar.symbol, collar])).values()],
    changes: draft.changes,
    notionalUsd: sum(orders.map((order) => order.notionalUsd as Decimal<"usd">)),
    remains: draft.remains,
    createdAt: createdAt.toISOString(),
    expiresAt: new Date(createdAt.getTime() + desk.planTtlMs).toISOString(),
  };
}
