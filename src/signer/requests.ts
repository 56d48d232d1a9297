import { z } from "zod";
import { consentShape, orderShape } from "./shapes.ts";

const name = z.string().min(1).max(200);
const of = <M extends string, S extends z.ZodRawShape>(method: M, shape: S) =>
  z.strictObject({ id: z.int().positive(), method: z.literal(method), ...shape });

/** Everything that can be asked of the signer; there is no way to name an address, a header or a body to be signed. */
export const requestShape = z.discriminatedUnion("method", [
  of("ping", {}),
  of("instruments", { account: name }),
  of("book", { account: name, symbol: name, depth: z.int().min(1).max(1_000) }),
  of("account", { account: name }),
  of("openOrders", { account: name }),
  of("orderByClientId", { account: name, symbol: name, clientOrderId: name }),
  of("fills", { account: name, since: z.date() }),
  of("transfers", { account: name, since: z.date() }),
  of("keyRights", { account: name }),
  of("accessLog", { account: name, after: z.int().nonnegative() }),
  of("watch", { account: name }),
  of("unwatch", { watch: z.int().positive() }),
  of("cancel", { account: name, symbol: name, venueOrderId: name }),
  of("armDeadMan", {
    account: name,
    timeoutMs: z.int().min(10_000).max(120_000),
    symbols: z.array(name).max(1_000),
  }),
  of("place", { order: orderShape, consent: consentShape.nullable(), notAfter: z.date().nullable() }),
]);

export type Request = z.infer<typeof requestShape>;

/** What the signer says of itself. */
export interface Pong {
  /** Why no order is sent; null where orders may go. */
  readonly frozen: string | null;
}

/** An answer, or what an account's stream told. */
export type Answer =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } }
  | { readonly watch: number; readonly heard: "change" }
  | { readonly watch: number; readonly heard: "alert"; readonly alert: unknown }
  | { readonly watch: number; readonly heard: "gone"; readonly why: string };
