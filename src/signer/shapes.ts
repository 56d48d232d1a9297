import { z } from "zod";
import type { OrderRequest } from "../kernel/order.ts";
import { ROLES } from "../policy/rules/schema.ts";

const decimal = z.string().regex(/^-?\d{1,40}(\.\d{1,40})?$/);
const name = z.string().min(1).max(200);
const instant = z.iso.datetime();
const facts = z.record(z.string(), z.json());
const sealed = z.strictObject({ facts, seal: z.string().max(128) });

/** What a person asked the signer to send. */
export const orderShape = z.strictObject({
  account: name,
  symbol: name,
  side: z.enum(["buy", "sell"]),
  quantity: decimal,
  limitPrice: decimal,
  timeInForce: z.enum(["GTC", "IOC", "FOK", "PO"]),
  reduceOnly: z.boolean(),
  clientOrderId: name,
}) as unknown as z.ZodType<OrderRequest>;

export const consentShape = z.strictObject({
  plan: z.string().max(1_000_000),
  proposed: sealed,
  approval: sealed.nullable(),
  votes: z.array(sealed).max(100),
  claim: sealed,
});

/** Of a plan, what the signer reads; the rest is covered by its hash all the same. */
export const planShape = z.object({
  format: z.literal(1),
  environment: z.enum(["paper", "live"]),
  venue: name,
  account: name,
  requestedBy: name,
  orders: z.array(
    z.object({
      account: name,
      symbol: name,
      side: z.string(),
      quantity: decimal,
      limitPrice: decimal,
      timeInForce: z.string(),
      reduceOnly: z.boolean(),
      clientOrderId: name,
      notionalUsd: decimal,
    }),
  ),
  collars: z.array(z.object({ symbol: name, low: decimal, high: decimal })),
  expiresAt: instant,
});

export const proposedShape = z.object({ hash: name, expiresAt: instant });
export const claimShape = z.object({ hash: name, claimedAt: instant, approvedBy: z.array(name) });
export const approvalShape = z.object({
  planHash: name,
  subject: z.literal("plan"),
  requestedBy: name,
  needed: z.int(),
  stepUp: z.boolean(),
  quorums: z.array(
    z.object({
      rule: z.string(),
      people: z.int(),
      roles: z.array(z.enum(ROLES)),
      from: z.array(z.enum(ROLES)),
      stepUp: z.boolean(),
      withinMs: z.number(),
    }),
  ),
});
export const voteShape = z.object({
  planHash: name,
  person: name,
  decision: z.enum(["approve", "deny"]),
  roles: z.array(z.enum(ROLES)),
  stepUp: z.boolean(),
});
