import { describe, expect, test } from "vitest";
import { Secret } from "../../src/kernel/secret.ts";
import { checkNote, checkpointText, makeNoteKey, openNoteKey, verifyNote } from "../../src/ledger/note.ts";

/** The example of golang.org/x/mod/sumdb/note. */
const KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NOTE =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

describe("signed notes", () => {
  test("the published example verifies, and not with one letter changed", () => {
    expect(verifyNote(NOTE, KEY)).toBe(true);
    expect(verifyNote(NOTE.replace("answer", "Answer"), KEY)).toBe(false);
    expect(verifyNote(NOTE, KEY.replace("c74f20a3", "c74f20a4"))).toBe(false);
    expect(verifyNote(NOTE.replace("x08g", "x09g"), KEY)).toBe(false);
  });
  test("our own checkpoints verify with our own key only", () => {
    const key = openNoteKey("breakwater", new Secret(makeNoteKey()));
    const note = key.sign(checkpointText(3, Buffer.alloc(32, 7)));
    expect(checkNote(note, key.publicKey)).toEqual({
      size: 3,
      root: Buffer.alloc(32, 7).toString("base64"),
      problem: null,
    });
    const other = openNoteKey("breakwater", new Secret(makeNoteKey()));
    expect(checkNote(note, other.publicKey).problem).toBe("its signature does not hold");
    expect(checkNote(note.replace("\n3\n", "\n4\n"), key.publicKey).problem).toBe("its signature does not hold");
    expect(checkNote("hello", undefined).problem).toBe("it is no checkpoint of this ledger");
  });
});
