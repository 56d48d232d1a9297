import type { Environment } from "../kernel/account.ts";
import type { VenueName } from "./capabilities.ts";

/** Where each venue's calls and private streams go, "host" or "host:port", 443 where left out; nothing else is reached with a key. */
export const VENUE_HOSTS = {
  paper: { live: [], paper: [] },
  binanceusdm: {
    live: ["fapi.binance.com", "api.binance.com", "fstream.binance.com"],
    paper: ["demo-fapi.binance.com", "fstream.binancefuture.com"],
  },
  bybit: {
    live: ["api.bybit.com", "stream.bybit.com"],
    paper: ["api-testnet.bybit.com", "stream-testnet.bybit.com"],
  },
  okx: { live: ["www.okx.com", "ws.okx.com:8443"], paper: ["www.okx.com", "wspap.okx.com:8443"] },
  deribit: { live: ["www.deribit.com"], paper: ["test.deribit.com"] },
  krakenfutures: { live: ["futures.kraken.com"], paper: ["demo-futures.kraken.com"] },
  hyperliquid: { live: ["api.hyperliquid.xyz"], paper: ["api.hyperliquid-testnet.xyz"] },
} as const satisfies Record<VenueName, Record<Environment, readonly string[]>>;
