import path from "node:path";
import { z } from "zod";
import { type Decimal, isDecimal } from "../kernel/decimal.ts";

const usd = z
  .string()
  .refine((text) => isDecimal(text) && !text.startsWith("-"), "write a plain decimal in quotes, such as '1000000'")
  .transform((text) => text as Decimal<"usd">);

/** What the signer holds every account to by itself, whatever the policy says; counted over what it sent, not over what the desk reports. */
export const signerSettings = z
  .strictObject({
    ordersPerMinute: z.int().min(1).max(1_000).default(60).describe("Orders of one account in any minute"),
    usdPerHour: usd
      .default("10000000" as Decimal<"usd">)
      .describe("Notional of one account in any hour, in US dollars"),
    usdPerDay: usd.default("50000000" as Decimal<"usd">).describe("Notional of one account in any 24 hours"),
    unapprovedUsd: usd
      .default("250000" as Decimal<"usd">)
      .describe("Largest plan that is sent without a person's approval, unless all of it is reduce-only"),
  })
  .describe("The signer's own limits");

export type SignerLimits = z.infer<typeof signerSettings>;

/** The signer's own folder: its journal, its freeze, its socket. */
export const signerFolder = (home: string): string => path.join(home, "signer");
