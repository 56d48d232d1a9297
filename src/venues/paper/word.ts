import { readdir } from "node:fs/promises";
import path from "node:path";
import { ZERO, add, div, isZero, mul } from "../../kernel/decimal.ts";
import type { VenueOrder } from "../../kernel/order.ts";
import { isOurs } from "../client-order-id.ts";
import { type Deed, readJournal, viewOf } from "./journal.ts";

/** The paper exchange's own word on orders, from its journals. */
export interface PaperWord {
  readonly accounts: ReadonlySet<string>;
  /** Every order that it took under this id. */
  taken(account: string, clientOrderId: string): readonly VenueOrder[];
  /** Ids of the desk's form that it took for this account. */
  ours(account: string): readonly string[];
}

const JOURNAL = /^paper-exchange.*\.jsonl$/;
const AVERAGE_PLACES = 18;

/**
 * Reads every journal under a home folder, also those that earlier stories left; null where there is none.
 * @throws DeskError RECORDING_UNREADABLE
 */
export async function readPaperWord(home: string): Promise<PaperWord | null> {
  const files = (await readdir(home)).filter((name) => JOURNAL.test(name)).sort((a, b) => a.localeCompare(b));
  if (files.length === 0) return null;
  const views = await Promise.all(files.map((name) => readJournal(path.join(home, name))));
  const accounts = new Set(
    views.flatMap(({ deeds }) => deeds.flatMap((one) => (one.deed === "seeded" ? [one.account] : []))),
  );
  return {
    accounts,
    taken: (account, id) =>
      views.flatMap((view) =>
        (view.accepted.get(id) ?? []).filter((one) => one.account === account).map((one) => orderOf(one, view)),
      ),
    ours: (account) =>
      views.flatMap((view) =>
        [...view.accepted].flatMap(([id, list]) =>
          isOurs(id) && list.some((one) => one.account === account) ? [id] : [],
        ),
      ),
  };
}

/** What became of an accepted order, from the fills and the cancel that name it. */
function orderOf(one: Extract<Deed, { deed: "accepted" }>, view: ReturnType<typeof viewOf>): VenueOrder {
  const fills = view.fills.filter((fill) => fill.order === one.id);
  const filledQuantity = fills.reduce((total, fill) => add(total, fill.quantity), ZERO as VenueOrder["filledQuantity"]);
  const paid = fills.reduce(
    (total, fill) => add(total, mul(fill.quantity, fill.price)),
    ZERO as VenueOrder["quantity"],
  );
  const cancelled = view.cancels.some((cancel) => cancel.order === one.id);
  return {
    venueOrderId: one.id,
    clientOrderId: one.clientOrderId,
    symbol: one.symbol,
    side: one.side,
    quantity: one.quantity,
    limitPrice: one.limitPrice,
    reduceOnly: one.reduceOnly,
    state: filledQuantity === one.quantity ? "filled" : cancelled ? "cancelled" : "working",
    filledQuantity,
    averagePrice: isZero(filledQuantity) ? null : div(paid, filledQuantity, AVERAGE_PLACES, "half-even"),
    feeUsd: null,
    updatedAt: new Date(one.at),
  };
}
