import { expect, test } from "vitest";
import { aboutWords, limitWords, outcomeWords } from "../../../src/policy/rules/words.ts";
import { policySchema } from "../../../src/policy/rules/schema.ts";

const { rules, hard } = policySchema.parse({
  rules: [
    {
      name: "large",
      match: { actions: ["hedge"], notionalUsdOver: "1000000" },
      says: { quorum: { people: 2, from: ["trader", "risk"], within: "15m" } },
      limits: [{ per: "playbook", measure: "messages", window: "1h", max: "50" }],
    },
    { name: "small", match: { actions: ["reduce"] }, says: { hold: "1d" } },
  ],
  hard: [{ per: "order", measure: "notionalUsd", max: "5000000" }],
});

test("rules are said in words and grouped figures, without the names of the file's settings", () => {
  const [large, small] = rules;
  expect(large && aboutWords(large)).toBe("hedge; above 1,000,000 USD");
  expect(large && outcomeWords(large.says)).toBe("2 of trader or risk, within 15 minutes");
  expect(small && outcomeWords(small.says)).toBe("wait 1 day");
  expect(large?.limits.map(limitWords)).toEqual(["messages per playbook within 1 hour up to 50"]);
  expect(hard.map(limitWords)).toEqual(["notional per order up to 5,000,000 USD"]);
});
