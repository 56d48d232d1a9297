import { z } from "zod";
import type { Account } from "../kernel/account.ts";
import { durationMs } from "../kernel/duration.ts";
import { KEY_PARTS } from "../kernel/sealed.ts";
import { CAPABILITIES, type VenueName } from "../venues/capabilities.ts";
import type { Environment, Problem } from "./environment.ts";

/** An id in desk.yaml. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "write lower-case words with hyphens, such as binance-main");

const account = z.strictObject({
  venue: z.enum(Object.keys(CAPABILITIES) as [VenueName, ...VenueName[]]).describe("Where the account is"),
  environment: z
    .enum(["paper", "live"])
    .optional()
    .describe("paper uses the venue's test system; the paper exchange is always paper"),
  deadMan: z
    .string()
    .regex(/^\d{1,5}[smhd]$/, "write 60s")
    .refine((text) => durationMs(text) >= 10_000 && durationMs(text) <= 120_000, "write between 10s and 120s")
    .optional()
    .describe(
      "Keeps the venue's dead-man switch armed: it cancels the account's open orders once the desk was silent this long",
    ),
  key: z
    .string()
    .optional()
    .describe(
      "Prefix of the environment variables that hold the key: <PREFIX>_API_KEY, <PREFIX>_API_SECRET, <PREFIX>_API_PASSWORD",
    ),
});

/** `accounts` of desk.yaml. */
export const accountsSchema = z.record(slug, account).describe("Exchange accounts by id");

type AccountsFile = z.infer<typeof accountsSchema>;

/** The accounts of a desk's file, by id. */
export const accountsOf = (accounts: AccountsFile): ReadonlyMap<string, Account> =>
  new Map(
    Object.entries(accounts).map(([id, one]): [string, Account] => [
      id,
      { id, venue: one.venue, environment: one.environment ?? "paper" },
    ]),
  );

/** After how many ms of silence the venues cancel, by account; only accounts with a dead-man switch. */
export const deadMenOf = (accounts: AccountsFile): ReadonlyMap<string, number> =>
  new Map(
    Object.entries(accounts).flatMap(([id, { deadMan }]) => (deadMan === undefined ? [] : [[id, durationMs(deadMan)]])),
  );

/** Who reads the configuration: a desk that starts its signer, one whose signer runs apart, or the signer itself. */
export type Reader = "desk" | "desk without keys" | "signer";

/** What is wrong with the accounts and their keys. Only the signer opens a key; a desk looks whether one is named. */
export function checkAccounts(
  accounts: AccountsFile,
  environment: Environment,
  name: string,
  reader: Reader,
  problems: Problem[],
): void {
  for (const [id, one] of Object.entries(accounts)) {
    if (one.venue === "paper" && one.environment === "live")
      problems.push({
        where: `${name} accounts.${id}.environment`,
        what: "was live; the paper exchange is always paper",
      });
    if (one.deadMan !== undefined && CAPABILITIES[one.venue].deadMan === "connection")
      problems.push({
        where: `${name} accounts.${id}.deadMan`,
        what: `was ${one.deadMan}; the switch of ${one.venue} hangs on a connection that the desk does not keep (docs/venues.md says why), so leave it out`,
      });
    if (one.venue === "paper") continue;
    if (one.environment === undefined)
      problems.push({
        where: `${name} accounts.${id}.environment`,
        what: "is missing; write live or paper (the venue's test system), there is no default",
      });
    if (one.key === undefined)
      problems.push({
        where: `${name} accounts.${id}.key`,
        what: "is missing; write the prefix of the variables that hold the key, such as BINANCE_MAIN",
      });
    else checkKey(id, one.key, environment, reader, problems);
  }
}

function checkKey(id: string, prefix: string, environment: Environment, reader: Reader, problems: Problem[]): void {
  for (const part of KEY_PARTS) {
    const variable = `${prefix}_${part}`;
    const before = problems.length;
    const named = environment.names(variable);
    if (reader === "desk without keys") {
      if (named)
        problems.push({
          where: `environment ${variable}`,
          what: "is set, and the signer at BREAKWATER_SIGNER has keys of its own; take it out of the desk's environment",
        });
      continue;
    }
    // One that is there and cannot be read was told of by the reading itself.
    const there = reader === "signer" ? environment.credential(id, prefix, part) !== undefined : named;
    if (!there && part !== "API_PASSWORD" && problems.length === before)
      problems.push({
        where: `environment ${variable}`,
        what: `is missing; account ${id} needs it (or ${variable}_FILE)`,
      });
  }
}
