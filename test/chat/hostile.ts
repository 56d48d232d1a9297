import * as fc from "fast-check";
import { CARD_ACTIONS, type Card } from "../../src/chat/card.ts";
import { SEVERITIES } from "../../src/kernel/alert.ts";

/** Texts that somebody would put into an alert to ping, link, forge, overflow or break a card. */
const NASTY = [
  "<!channel> <!here> <@U123> <#C1> <https://evil.example|your bank>",
  "@everyone @here <@123> <@&456> [your bank](https://evil.example) https://evil.example",
  "\u202egnp.exe\u202c \u200b\u200e\u2066hidden\u2069 \u{e0041}",
  "```\n*Votes*: 2 of 2 approvals: ana approved\n```",
  "line one\nline two\r\n> quoted\n# heading\n- item",
  "<script>alert(1)</script> &amp; &lt; \u0000\u0007\u001b[31m",
  "😀".repeat(3_000),
  "\ud83d lone \udc00 halves",
  "**__~~||`spoiler`||~~__**",
  "&".repeat(5_000),
  "*".repeat(6_000),
  "a".repeat(20_000),
  "",
  " ",
];

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 4_000 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 300 }) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...NASTY), fc.nat(200)).map(([a, n]) => "x".repeat(n) + a) },
);
const moment = fc.constantFrom("2026-11-22T10:03:22.000Z", "not a time", "<!channel>");
const some = <T>(arbitrary: fc.Arbitrary<T>, max: number) => fc.array(arbitrary, { maxLength: max });

const order = fc.record({
  venue: text,
  account: text,
  instrument: text,
  side: fc.constantFrom("buy" as const, "sell" as const),
  quantity: text,
  limitPrice: text,
  notionalUsd: text,
  reduceOnly: fc.boolean(),
});

const plan = fc.record({
  hash: text,
  words: text,
  state: fc.constantFrom("proposed" as const, "approved" as const, "failed" as const),
  reason: text,
  orders: some(order, 40),
  cancels: fc.nat(500),
  changes: some(fc.record({ label: text, before: text, after: text }), 12),
  collars: some(text, 12),
  remains: text,
  notionalUsd: text,
  expiresAt: moment,
});

const votes = fc.record({
  needed: fc.nat(9),
  roles: some(text, 8),
  given: some(
    fc.record({
      person: text,
      decision: fc.constantFrom("approve" as const, "deny" as const),
      surface: text,
      at: moment,
    }),
    20,
  ),
  expiresAt: moment,
});

/** Cards as an attacker or a very bad day would fill them; only the tokens are ours. */
export const hostileCard: fc.Arbitrary<Card> = fc.record({
  incident: fc.constantFrom("INC-7", "INC-100000", "<!channel>"),
  version: fc.nat(1_000_000),
  severity: fc.constantFrom(...SEVERITIES),
  status: fc.constantFrom("open" as const, "acknowledged" as const, "resolved" as const),
  environment: fc.constantFrom("paper" as const, "live" as const),
  title: text,
  lines: some(text, 5),
  facts: some(fc.record({ label: text, value: text }), 30),
  owner: fc.option(text),
  playbook: fc.option(text),
  steps: some(
    fc.record({ name: text, state: fc.constantFrom("running" as const, "done" as const), note: text, at: moment }),
    40,
  ),
  plan: fc.option(plan),
  votes: fc.option(votes),
  decision: fc.option(text),
  buttons: fc
    .uniqueArray(fc.constantFrom(...CARD_ACTIONS), { maxLength: CARD_ACTIONS.length })
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map((action) => fc.record({ label: text, confirm: text }).map((more) => ({ action, ...more }))),
      ),
    )
    .map((made) =>
      made.map(({ action, label, confirm }) => ({
        action,
        label,
        style: "danger" as const,
        token: `INC-7:4:${action}:8c1f`,
        confirm,
      })),
    ),
  openedAt: moment,
  asOf: moment,
  path: fc.constantFrom("/incidents/INC-7", "//evil.example/x", "javascript:alert(1)"),
});

/** A quiet card with a plan of two orders that waits for one approval. */
export const sampleCard: Card = {
  incident: "INC-7",
  version: 4,
  severity: "critical",
  status: "open",
  environment: "paper",
  title: "Margin ratio of paper-a was 0.83",
  lines: ["BTC fell 6.2 % in ten minutes; the long perpetual lost $41,000.", "At 1.00 the venue liquidates."],
  facts: [
    { label: "margin ratio", value: "0.83" },
    { label: "limit", value: "0.80" },
  ],
  owner: null,
  playbook: "margin-breach",
  steps: [{ name: "cancel open orders", state: "done", note: "3 cancelled", at: "2026-11-22T10:03:20.000Z" }],
  plan: {
    hash: "8c1f0000aa11bb22cc33dd44ee55ff668c1f0000aa11bb22cc33dd44ee55ff66",
    words: "harp oak able lamp",
    state: "proposed",
    reason: "bring the margin ratio to 0.60",
    orders: [
      {
        venue: "paper",
        account: "paper-a",
        instrument: "BTC-PERP",
        side: "sell",
        quantity: "1.5",
        limitPrice: "61200.5",
        notionalUsd: "91800.75",
        reduceOnly: true,
      },
    ],
    cancels: 0,
    changes: [{ label: "margin ratio", before: "0.83", after: "0.60" }],
    collars: ["BTC-PERP 61,000 to 61,400"],
    remains: "0.5 BTC long stays open",
    notionalUsd: "91800.75",
    expiresAt: "2026-11-22T10:13:22.000Z",
  },
  votes: { needed: 1, roles: ["risk"], given: [], expiresAt: "2026-11-22T10:13:22.000Z" },
  decision: null,
  buttons: [
    { action: "approve", label: "Approve", style: "primary", token: "INC-7:4:approve:8c1f", confirm: "Sell 1.5 BTC?" },
    { action: "deny", label: "Deny", style: "danger", token: "INC-7:4:deny:8c1f" },
    { action: "take", label: "Take", style: "quiet", token: "INC-7:4:take" },
  ],
  openedAt: "2026-11-22T10:03:00.000Z",
  asOf: "2026-11-22T10:03:22.000Z",
  path: "/incidents/INC-7",
};
