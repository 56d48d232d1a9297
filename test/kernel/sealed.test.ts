import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import fc from "fast-check";
import { DeskError, messageOf } from "../../src/kernel/errors.ts";
import { isSealed, seal, unseal } from "../../src/kernel/sealed.ts";
import { Secret } from "../../src/kernel/secret.ts";

const KEY = new Secret("a1".repeat(32));
const BIND = { account: "binance-main", purpose: "API_SECRET" } as const;
const SEALED = seal(KEY, BIND, new Secret("planted-exchange-secret"));

/** Why a text was not opened. */
const why = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(DeskError);
    expect((error as DeskError).code).toBe("KEY_NOT_OPENED");
    return messageOf(error);
  }
  return "it was opened";
};

test("a sealed key opens for the account and purpose it was sealed for, and says nothing of the secret", () => {
  expect(isSealed(SEALED)).toBe(true);
  expect(SEALED).not.toContain("planted");
  expect(unseal(KEY, BIND, SEALED).reveal()).toBe("planted-exchange-secret");
});

test("any secret comes back as it was, and no two sealings of it are alike", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (value) => {
      const [one, other] = [seal(KEY, BIND, new Secret(value)), seal(KEY, BIND, new Secret(value))];
      expect([unseal(KEY, BIND, one).reveal(), one === other]).toEqual([value, false]);
    }),
  );
});

test.each([
  ["under another key", () => unseal(new Secret("b2".repeat(32)), BIND, SEALED), /was sealed under key \w{8}/],
  ["without a key", () => unseal(undefined, BIND, SEALED), /there is no key to open it; set BREAKWATER_KEYS_KEY/],
  ["with a key that is none", () => unseal(new Secret("short"), BIND, SEALED), /not 64 hexadecimal digits/],
  [
    "in the place of another account's",
    () => unseal(KEY, { ...BIND, account: "okx-main" }, SEALED),
    /was sealed as API_SECRET of account binance-main, not as API_SECRET of okx-main/,
  ],
  [
    "in the place of another part",
    () => unseal(KEY, { ...BIND, purpose: "API_KEY" }, SEALED),
    /was sealed as API_SECRET of account binance-main, not as API_KEY/,
  ],
  [
    "with the other account's name written into it",
    () => unseal(KEY, { ...BIND, account: "okx-main" }, SEALED.replace("binance-main", "okx-main")),
    /was changed after it was sealed/,
  ],
  [
    "with the other part's name written into it",
    () => unseal(KEY, { ...BIND, purpose: "API_KEY" }, SEALED.replace("API_SECRET", "API_KEY")),
    /was changed after it was sealed/,
  ],
  ["cut short", () => unseal(KEY, BIND, SEALED.slice(0, 80)), /no whole sealed text/],
])("a sealed key is not opened %s, and the reason is told", (_how, run, said) => {
  expect(why(run)).toMatch(said);
});

test("whichever byte of a sealed key is changed, it is not opened", () => {
  const parts = SEALED.split(".");
  for (const at of [4, 5]) {
    const bytes = Buffer.from(parts[at] ?? "", "base64url");
    for (let byte = 0; byte < bytes.length; byte += 1) {
      const changed = Buffer.from(bytes);
      changed[byte] = (changed[byte] ?? 0) ^ (1 + ((randomBytes(1)[0] ?? 0) % 255));
      const text = parts.with(at, changed.toString("base64url")).join(".");
      expect(why(() => unseal(KEY, BIND, text))).toMatch(/was changed after it was sealed/);
    }
  }
});
