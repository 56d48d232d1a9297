import { type Quantity, add, compare, decimal, isDecimal, isZero, less, neg } from "../kernel/decimal.ts";
import { spanOf } from "../kernel/duration.ts";
import { DeskError } from "../kernel/errors.ts";
import { type Fill, TERMINAL } from "../kernel/order.ts";
import type { Change, Plan, Settlement } from "../kernel/plan.ts";
import type { ActionRequest, RequestContext } from "../kernel/request.ts";
import { type Desk, readerOf } from "./desk.ts";
import { absentAfterMs } from "./orders/absence.ts";
import { assemble } from "./orders/draft.ts";
import type { OrderRow } from "./orders/record.ts";
import { utcSecond } from "../kernel/utc.ts";

type Request = Extract<ActionRequest, { action: "settle" }>;

/** Finds a recorded order by its client order id. */
export type OrderOf = (clientOrderId: string) => Promise<OrderRow | undefined>;

const SHOWN_FILLS = 5;
const LONGEST_REASON = 300;

const utc = (at: Date): string => `${utcSecond(at)} UTC`;
const invalid = (what: string): DeskError => new DeskError("INPUT_INVALID", `${what}; nothing was changed`);

/** A positive decimal as a person wrote it. @throws DeskError INPUT_INVALID */
function positive(what: string, text: string): string {
  if (isDecimal(text) && !text.startsWith("-") && !isZero(decimal(text))) return decimal(text);
  throw invalid(`the ${what} was "${text.slice(0, 40)}"; write a plain decimal above 0`);
}

/** What a person declares, as the order's row will say it. @throws DeskError INPUT_INVALID */
function declared(row: OrderRow, request: Request): Settlement {
  const clientOrderId = row.clientOrderId;
  if (request.outcome === "not-sent") {
    if (request.quantity !== undefined || request.price !== undefined)
      throw invalid("an order that was not sent has neither quantity nor price");
    if (row.venueOrderId !== null) throw invalid(`the venue took the order as ${row.venueOrderId}, so it was sent`);
    return { clientOrderId, state: "not_placed", filledQuantity: "0", averagePrice: null };
  }
  const least = decimal(row.filledQuantity);
  const filledQuantity = request.quantity === undefined ? row.quantity : positive("quantity", request.quantity);
  if (less(decimal(row.quantity), decimal(filledQuantity)))
    throw invalid(`the order is for ${row.quantity} contracts and cannot have filled ${filledQuantity}`);
  if (less(decimal(filledQuantity), least)) throw invalid(`the venue told of ${least} filled contracts already`);
  const whole = compare(decimal(filledQuantity), decimal(row.quantity)) === 0;
  const averagePrice = request.price === undefined ? null : positive("price", request.price);
  return { clientOrderId, state: whole ? "filled" : "cancelled", filledQuantity, averagePrice };
}

/** Why people cannot settle the order yet, or any more; null where they can. */
function notYet(row: OrderRow, now: Date): string | null {
  if (TERMINAL.has(row.state) || row.sentAt === null)
    return `order ${row.clientOrderId} is ${row.state}; only an order that was sent and has no known end can be settled`;
  const horizonMs = absentAfterMs(row.venue);
  const ageMs = now.getTime() - row.sentAt.getTime();
  if (ageMs <= horizonMs || row.lookUps === 0)
    return `the venue may still show order ${row.clientOrderId}: wait until ${spanOf(horizonMs)} have passed and it was looked up in vain`;
  return null;
}

const fillText = (fill: Fill): string =>
  `${fill.side} ${fill.quantity} at ${fill.price}, ${utc(fill.at)}, order ${fill.clientOrderId || fill.venueOrderId}`;

/** What speaks for and against it, in figures that the plan's hash covers. */
function evidence(row: OrderRow, fills: readonly Fill[], position: Quantity, now: Date): readonly Change[] {
  const before = row.positionBefore as Quantity | null;
  const more = fills.length > SHOWN_FILLS ? ` and ${fills.length - SHOWN_FILLS} more` : "";
  const whole =
    before === null ? null : add(before, row.side === "buy" ? decimal(row.quantity) : neg(decimal(row.quantity)));
  return [
    { label: "Look-ups that found nothing", before: "none", after: `${row.lookUps + 1}, the last at ${utc(now)}` },
    {
      label: `Position in ${row.symbol}, contracts`,
      before: before === null ? "not read when it was sent" : `${before} when it was sent`,
      after: `${position} now${whole === null ? "" : `; a whole fill alone would make ${whole}`}`,
    },
    {
      label: `Fills in ${row.symbol} on this side since it was sent`,
      before: "none",
      after: fills.length === 0 ? "none" : `${fills.slice(0, SHOWN_FILLS).map(fillText).join("; ")}${more}`,
    },
  ];
}

/**
 * Plans that people declare what became of a sent order which its venue does not tell of. The venue is asked once more,
 * and what it shows stands in the plan: whoever approves sees the same evidence. Sends nothing.
 * @throws DeskError INPUT_INVALID, NOTHING_TO_DO where the order needs no settling or the venue knows it after all
 */
export async function planSettlement(
  desk: Desk & { readonly orderOf: OrderOf },
  request: Request,
  context: RequestContext,
): Promise<Plan> {
  const row = await desk.orderOf(request.order);
  if (row === undefined) throw invalid(`there is no order ${request.order.slice(0, 60)}; /orders shows the ids`);
  const now = desk.clock.now();
  const early = notYet(row, now);
  if (early !== null) throw new DeskError("NOTHING_TO_DO", early);
  const settlement = declared(row, request);
  const reason = request.reason.trim();
  if (reason.length < 10 || reason.length > LONGEST_REASON)
    throw invalid(`say why in ten to ${LONGEST_REASON} letters; the ledger keeps it`);
  const { account, reader } = await readerOf(desk, row.account);
  const found = await reader.orderByClientId(row.account, row.symbol, row.clientOrderId);
  if (found !== null)
    throw new DeskError(
      "NOTHING_TO_DO",
      `${row.venue} knows order ${row.clientOrderId} after all (${found.state}); the desk takes that over by itself`,
    );
  const sentAt = row.sentAt ?? now;
  const [state, fills] = await Promise.all([reader.account(row.account), reader.fills(row.account, sentAt)]);
  const position = state.positions.find((one) => one.symbol === row.symbol)?.quantity ?? decimal<"quantity">("0");
  const price = settlement.averagePrice === null ? "a price not known" : settlement.averagePrice;
  const words =
    settlement.state === "not_placed"
      ? "not placed"
      : `filled ${settlement.filledQuantity} of ${row.quantity} at ${price}`;
  const side = fills.filter((one) => one.symbol === row.symbol && one.side === row.side);
  return assemble(
    desk,
    account,
    {
      action: "settle",
      effect: "increase",
      reason: `${reason} (${row.side} ${row.quantity} ${row.symbol} at ${row.limitPrice} or better)`,
      legs: [],
      cancels: [],
      trading: null,
      settlement,
      changes: [
        { label: `Order ${row.clientOrderId}`, before: `${row.state}, sent ${utc(sentAt)}`, after: words },
        ...evidence(row, side, position, now),
      ],
      remains: `Nothing is sent. Where ${row.venue} shows the order after all, its word stands and an incident says so.`,
    },
    context,
  );
}
