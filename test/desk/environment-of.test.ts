import { expect, test } from "vitest";
import { environmentOf } from "../../src/desk/environment-of.ts";
import type { Account } from "../../src/kernel/account.ts";

const live: Account = { id: "main", venue: "deribit", environment: "live" };
const paper: Account = { id: "paper-a", venue: "paper", environment: "paper" };
const desk = (...accounts: readonly Account[]) => environmentOf(new Map(accounts.map((one) => [one.id, one])));

test("an incident is marked by its account; one of no account, as live as anything at the desk", () => {
  const both = desk(paper, live);
  expect([both({ labels: { account: "paper-a" } }), both({ labels: { account: "main" } })]).toEqual(["paper", "live"]);
  expect([both({ labels: {} }), desk(paper)({ labels: {} }), both({ labels: { account: "gone" } })]).toEqual([
    "live",
    "paper",
    "live",
  ]);
});
