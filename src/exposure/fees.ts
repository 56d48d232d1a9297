import type { VenueName } from "../venues/capabilities.ts";

/** What taking liquidity costs at a venue, by its public schedule for the lowest volume tier. */
export interface TakerFees {
  /** Spot, futures and perpetuals, of the notional. */
  readonly linearBps: number;
  /** Options, of the index. */
  readonly optionBps: number;
  /** Options pay at most this share of their premium. */
  readonly optionCapRatio: number;
}

const usual = (linearBps: number): TakerFees => ({ linearBps, optionBps: 3, optionCapRatio: 0.125 });

/** Taker fees by venue; a desk on a better tier pays less, so that a hedge planned with these is never dearer than said. Source: the venues' fee pages. */
export const TAKER_FEES: Readonly<Record<VenueName, TakerFees>> = {
  paper: usual(5),
  binanceusdm: usual(5),
  bybit: usual(5.5),
  okx: usual(5),
  deribit: usual(5),
  hyperliquid: usual(4.5),
  krakenfutures: usual(5),
};
