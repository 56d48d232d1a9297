import { hash } from "node:crypto";

/** The Merkle tree of RFC 6962: leaves are hashed with a zero byte before them, nodes with a one. */
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** Hash of one leaf. */
export const leafHash = (data: Uint8Array): Buffer => hash("sha256", Buffer.concat([LEAF, data]), "buffer");
/** Hash of two subtrees. */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  hash("sha256", Buffer.concat([NODE, left, right]), "buffer");

/** Root of the empty tree: SHA-256 of nothing. */
const EMPTY = hash("sha256", "", "buffer");

/**
 * A tree that only grows. It keeps its perfect subtrees' roots, largest first, which is all that the next root needs:
 * twenty hashes for a million leaves.
 */
export interface Frontier {
  readonly size: number;
  readonly peaks: readonly Buffer[];
}

/** The tree without leaves. */
export const EMPTY_FRONTIER: Frontier = { size: 0, peaks: [] };

/** Adds one leaf to `peaks` in place; `size` is the number of leaves before it. */
export function push(peaks: Buffer[], size: number, leaf: Buffer): void {
  let node = leaf;
  // Every trailing one bit of the size is a subtree as large as the one that now stands at the end.
  for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) node = nodeHash(peaks.pop() as Buffer, node);
  peaks.push(node);
}

/** The root over the peaks. */
export function rootOf(peaks: readonly Buffer[]): Buffer {
  const last = peaks.at(-1);
  if (last === undefined) return EMPTY;
  return peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/** The tree with more leaves, given as data. */
export function grow(frontier: Frontier, leaves: Iterable<Uint8Array>): Frontier {
  const peaks = [...frontier.peaks];
  let { size } = frontier;
  for (const data of leaves) {
    push(peaks, size, leafHash(data));
    size += 1;
  }
  return { size, peaks };
}

/** The largest power of two below n. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Root over leaf hashes. */
export function treeHash(leaves: readonly Buffer[]): Buffer {
  const peaks: Buffer[] = [];
  leaves.forEach((leaf, at) => push(peaks, at, leaf));
  return rootOf(peaks);
}

/**
 * The audit path of leaf `index` in the tree of these leaf hashes, from the leaf upwards (RFC 6962, 2.1.1).
 * @throws RangeError where there is no such leaf
 */
export function inclusionPath(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length)
    throw new RangeError(`there is no leaf ${index} among ${leaves.length}`);
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...inclusionPath(index, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...inclusionPath(index - k, leaves.slice(k)), treeHash(leaves.slice(0, k))];
}

/** Whether a leaf stands at `index` in the tree of `size` leaves with this root (RFC 9162, 2.1.3.2). */
export function includes(
  root: Uint8Array,
  size: number,
  index: number,
  leaf: Buffer,
  path: readonly Buffer[],
): boolean {
  if (index < 0 || index >= size) return false;
  let [at, last] = [index, size - 1];
  let node = leaf;
  for (const step of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(step, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else node = nodeHash(node, step);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && node.equals(root);
}

/**
 * Proof that the tree of the first `before` leaves is the beginning of the tree of all of them (RFC 6962, 2.1.2).
 * @throws RangeError where `before` is not between 1 and the number of leaves
 */
export function consistencyPath(before: number, leaves: readonly Buffer[]): Buffer[] {
  if (!Number.isInteger(before) || before < 1 || before > leaves.length)
    throw new RangeError(`there is no tree of ${before} among ${leaves.length} leaves`);
  const walk = (m: number, all: readonly Buffer[], whole: boolean): Buffer[] => {
    if (m === all.length) return whole ? [] : [treeHash(all)];
    const k = split(all.length);
    return m <= k
      ? [...walk(m, all.slice(0, k), whole), treeHash(all.slice(k))]
      : [...walk(m - k, all.slice(k), false), treeHash(all.slice(0, k))];
  };
  return walk(before, leaves, true);
}

/** Whether a proof shows that the older root is the beginning of the newer one (RFC 9162, 2.1.4.2). */
export function extendsTree(
  older: { readonly size: number; readonly root: Buffer },
  newer: { readonly size: number; readonly root: Buffer },
  proof: readonly Buffer[],
): boolean {
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  if (older.size < 1 || older.size > newer.size) return false;
  const whole = Number.isInteger(Math.log2(older.size));
  const steps = whole ? [older.root, ...proof] : [...proof];
  const first = steps.shift();
  if (first === undefined) return false;
  let [at, last] = [older.size - 1, newer.size - 1];
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  let [old, young] = [first, first];
  for (const step of steps) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      [old, young] = [nodeHash(step, old), nodeHash(step, young)];
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else young = nodeHash(young, step);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && old.equals(older.root) && young.equals(newer.root);
}
