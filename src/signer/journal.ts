import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { writeDurably } from "../kernel/durable-file.ts";
import { type Usd, add, decimal } from "../kernel/decimal.ts";

const lineShape = z.strictObject({
  at: z.iso.datetime(),
  account: z.string(),
  clientOrderId: z.string(),
  usd: z.string(),
  /** Until when its plan could be sent: so long it must be remembered. */
  until: z.iso.datetime(),
});

/** One order that the signer let go. */
export type SentOrder = z.infer<typeof lineShape>;

/** What the signer let go, on the disk before it left: the memory that no crash and no desk can take from it. */
export interface Journal {
  has(clientOrderId: string): boolean;
  /** Orders and notional of an account since a time. */
  spent(account: string, since: Date): { readonly orders: number; readonly usd: Usd };
  /** Returns once the disk has it. @throws where the disk does not take it; nothing may be sent then */
  record(order: SentOrder): void;
  close(): void;
}

const DAY_MS = 86_400_000;

/**
 * Opens the journal; lines older than a day of plans that are over are dropped. A last line that a crash cut off was
 * never sent and is dropped too.
 * @throws SyntaxError or z.ZodError where another line cannot be read; then the counters are not known
 */
export function openJournal(file: string, now: Date): Journal {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const cut = now.getTime() - DAY_MS;
  const kept = whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => lineShape.parse(JSON.parse(line)))
    .filter((one) => Date.parse(one.at) > cut || Date.parse(one.until) > now.getTime());
  writeDurably(file, kept.map((one) => `${JSON.stringify(one)}\n`).join(""));
  const ids = new Set(kept.map((one) => one.clientOrderId));
  const descriptor = openSync(file, "a", 0o600);
  fsyncSync(descriptor);
  return {
    has: (id) => ids.has(id),
    spent(account, since) {
      const counted = kept.filter((one) => one.account === account && Date.parse(one.at) > since.getTime());
      return {
        orders: counted.length,
        usd: counted.reduce<Usd>((total, one) => add(total, decimal<"usd">(one.usd)), decimal<"usd">("0")),
      };
    },
    record(order) {
      writeSync(descriptor, `${JSON.stringify(order)}\n`);
      fsyncSync(descriptor);
      kept.push(order);
      ids.add(order.clientOrderId);
    },
    close: () => closeSync(descriptor),
  };
}
