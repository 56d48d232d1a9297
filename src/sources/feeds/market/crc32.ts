const TABLE = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0xedb88320;
  return value;
});

/**
 * CRC-32 (IEEE 802.3) as a signed 32-bit integer.
 * @param seed the CRC of the bytes before, to go on from; 0 to begin
 */
export function crc32(data: string | Uint8Array, seed = 0): number {
  const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : data;
  let crc = ~seed;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return ~crc;
}
