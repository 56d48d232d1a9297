import type { Account, Environment } from "../kernel/account.ts";

/** Whether real money is at stake in an incident: where its account is, else live where any account of the desk is. */
export function environmentOf(
  accounts: ReadonlyMap<string, Account>,
): (incident: { readonly labels: Readonly<Record<string, string>> }) => Environment {
  const desk = [...accounts.values()].some((one) => one.environment === "live") ? "live" : "paper";
  return ({ labels }) => accounts.get(labels["account"] ?? "")?.environment ?? desk;
}
