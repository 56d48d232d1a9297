import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  EMPTY_FRONTIER,
  consistencyPath,
  extendsTree,
  grow,
  inclusionPath,
  includes,
  leafHash,
  rootOf,
  treeHash,
} from "../../src/ledger/merkle.ts";

/** Inputs and roots of the reference implementation (google/certificate-transparency, merkle_tree_test.cc). */
const INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const data = INPUTS.map((text) => Buffer.from(text, "hex"));
const leaves = data.map(leafHash);
const hex = (list: readonly Buffer[]): string[] => list.map((one) => one.toString("hex"));

describe("the public vectors of RFC 6962's reference implementation", () => {
  test("the empty tree is the hash of nothing", () =>
    expect(rootOf([]).toString("hex")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  test.each(ROOTS.map((root, at) => [at + 1, root] as const))("the root of %i leaves", (size, root) => {
    expect(treeHash(leaves.slice(0, size)).toString("hex")).toBe(root);
    expect(rootOf(grow(EMPTY_FRONTIER, data.slice(0, size)).peaks).toString("hex")).toBe(root);
  });
  test("the audit path of leaf 5 in a tree of 8", () =>
    expect(hex(inclusionPath(5, leaves))).toEqual([
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]));
  test("the consistency proof from 6 to 8 leaves", () =>
    expect(hex(consistencyPath(6, leaves))).toEqual([
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]));
});

const trees = fc
  .integer({ min: 1, max: 70 })
  .map((size) => Array.from({ length: size }, (_, at) => leafHash(Buffer.from(`entry ${at}`))));

describe("proofs", () => {
  test("every leaf is proved in every tree, and no other leaf or place", () => {
    fc.assert(
      fc.property(trees, fc.nat(), fc.nat(), (all, a, b) => {
        const [at, other] = [a % all.length, b % all.length];
        const path = inclusionPath(at, all);
        const root = treeHash(all);
        expect(includes(root, all.length, at, all[at] as Buffer, path)).toBe(true);
        if (other !== at) {
          expect(includes(root, all.length, at, all[other] as Buffer, path)).toBe(false);
          expect(includes(root, all.length, other, all[at] as Buffer, path)).toBe(false);
        }
        expect(includes(root, all.length, all.length, all[at] as Buffer, path)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
  test("a tree that only grew is proved, one that was rewritten is not", () => {
    fc.assert(
      fc.property(trees, fc.nat(), fc.nat(), (all, a, b) => {
        const before = 1 + (a % all.length);
        const older = { size: before, root: treeHash(all.slice(0, before)) };
        const newer = { size: all.length, root: treeHash(all) };
        const proof = consistencyPath(before, all);
        expect(extendsTree(older, newer, proof)).toBe(true);
        const changed = all.with(b % before, leafHash(Buffer.from("forged")));
        expect(extendsTree({ size: before, root: treeHash(changed.slice(0, before)) }, newer, proof)).toBe(false);
        expect(
          extendsTree(older, { size: all.length, root: treeHash(changed) }, consistencyPath(before, changed)),
        ).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
  test("a tree that grew in pieces has the root of the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 40 }), fc.nat(), (all, cut) => {
        const at = all.length === 0 ? 0 : cut % all.length;
        const pieces = grow(grow(EMPTY_FRONTIER, all.slice(0, at)), all.slice(at));
        expect(rootOf(pieces.peaks)).toEqual(treeHash(all.map(leafHash)));
      }),
    );
  });
});
