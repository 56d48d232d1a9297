import { crc32 as unsigned } from "node:zlib";

/** CRC-32 (IEEE 802.3) as a signed 32-bit integer, as OKX sends it; `>>> 0` makes it Kraken's unsigned one. */
export const crc32 = (data: string | Uint8Array): number => unsigned(data) | 0;
