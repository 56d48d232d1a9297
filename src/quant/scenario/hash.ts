/** Mixes integers into 32 well-spread bits (the finaliser of MurmurHash3). */
export function mix(...parts: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** A uniform number in [0, 1) that depends only on its arguments: noise without state. */
export const hashed = (...parts: readonly number[]): number => mix(...parts) / 0x1_0000_0000;
