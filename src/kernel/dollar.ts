/** US dollars, the coins pegged to them, and what venues call their own: "ZUSD" is Kraken's, "BNFCR" Binance's credits. */
const DOLLARS = new Set(["USD", "USDT", "USDC", "USDE", "FDUSD", "DAI", "BUSD", "TUSD", "ZUSD", "BNFCR"]);

/** Whether an asset counts as US dollars one to one. */
export const isDollar = (asset: string): boolean => DOLLARS.has(asset.toUpperCase());

/** What prices in a currency can be compared with: all dollars with each other, anything else with itself. */
export const moneyOf = (quote: string): string => (isDollar(quote) ? "USD" : quote.toUpperCase());
