const DOLLARS = new Set(["USD", "USDT", "USDC", "BUSD", "FDUSD", "USDE", "ZUSD", "BNFCR"]);

/** Whether an asset counts as US dollars one to one. */
export const isDollar = (asset: string): boolean => DOLLARS.has(asset.toUpperCase());
