import { type FileHandle, open, readFile } from "node:fs/promises";
import { DeskError } from "../../kernel/errors.ts";
import type { OrderRequest, Side } from "../../kernel/order.ts";
import type { Price, Quantity, Usd } from "../../kernel/decimal.ts";

/** Why an order left the book without being filled. */
type CancelCause = "asked" | "unfilled" | "reduce-only" | "liquidation" | "expired" | "dead-man";

/** Everything that ever changes the paper exchange, one JSON line each; `at` is ISO 8601, UTC. */
export type Deed =
  | {
      readonly deed: "opened";
      readonly format: 1;
      readonly storm: string;
      readonly seed: number;
      readonly at: string;
    }
  | {
      readonly deed: "seeded";
      readonly account: string;
      readonly balances: Readonly<Record<string, string>>;
      readonly positions: readonly {
        readonly symbol: string;
        readonly quantity: string;
        readonly entryPrice: string;
      }[];
      readonly at: string;
    }
  | ({
      readonly deed: "accepted";
      readonly id: string;
      readonly by: "client" | "liquidation";
      readonly at: string;
    } & OrderRequest)
  | {
      readonly deed: "rejected";
      readonly account: string;
      readonly clientOrderId: string;
      readonly reason: string;
      readonly at: string;
    }
  | {
      readonly deed: "filled";
      readonly id: string;
      readonly order: string;
      readonly account: string;
      readonly clientOrderId: string;
      readonly symbol: string;
      readonly side: Side;
      readonly quantity: Quantity;
      readonly price: Price;
      readonly feeUsd: Usd;
      readonly maker: boolean;
      readonly at: string;
    }
  | { readonly deed: "cancelled"; readonly order: string; readonly cause: CancelCause; readonly at: string }
  | {
      readonly deed: "paid";
      readonly account: string;
      readonly asset: string;
      readonly amount: string;
      readonly why: "funding" | "insurance";
      readonly symbol: string;
      readonly at: string;
    }
  | {
      readonly deed: "closed";
      readonly account: string;
      readonly symbol: string;
      readonly price: Price;
      readonly quantity: Quantity;
      readonly why: "expiry" | "deleveraging";
      readonly at: string;
    }
  | {
      readonly deed: "liquidating";
      readonly account: string;
      readonly marginRatio: string;
      readonly at: string;
    }
  /** The account's orders are cancelled at `until` unless it is armed anew; null once that was done. */
  | { readonly deed: "armed"; readonly account: string; readonly until: string | null; readonly at: string }
  | { readonly deed: "clock"; readonly stormMs: number; readonly at: string };

/** Where deeds are kept. */
export interface Journal {
  /** Hands deeds over in order; they are on disk once `flush` resolves. */
  write(deeds: readonly Deed[]): void;
  /** Resolves when everything written before is on disk (fsync). */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** What a crash test asks of a journal: what the exchange really took and did. */
export interface JournalView {
  /** By client order id; more than one entry would be a doubled order. */
  readonly accepted: ReadonlyMap<string, readonly Extract<Deed, { deed: "accepted" }>[]>;
  readonly fills: readonly Extract<Deed, { deed: "filled" }>[];
  readonly cancels: readonly Extract<Deed, { deed: "cancelled" }>[];
  readonly rejects: readonly Extract<Deed, { deed: "rejected" }>[];
  readonly deeds: readonly Deed[];
}

/**
 * Reads a journal, live or left behind by a crash: the judge of how often an order was taken. A torn last line is left out.
 * @throws DeskError RECORDING_UNREADABLE where a line before the last cannot be read
 */
export async function readJournal(path: string): Promise<JournalView> {
  return viewOf((await load(path)).deeds);
}

/** The same view over deeds in memory. */
export function viewOf(deeds: readonly Deed[]): JournalView {
  const accepted = new Map<string, Extract<Deed, { deed: "accepted" }>[]>();
  for (const one of deeds) {
    if (one.deed === "accepted" && one.by === "client") {
      accepted.set(one.clientOrderId, [...(accepted.get(one.clientOrderId) ?? []), one]);
    }
  }
  return {
    accepted,
    fills: deeds.filter((one) => one.deed === "filled"),
    cancels: deeds.filter((one) => one.deed === "cancelled"),
    rejects: deeds.filter((one) => one.deed === "rejected"),
    deeds,
  };
}

/** Opens the journal for appending and answers with what it held; without a path it lives in memory. */
export async function openJournal(path: string | undefined): Promise<{ journal: Journal; deeds: readonly Deed[] }> {
  if (path === undefined) {
    return { journal: { write: () => {}, flush: async () => {}, close: async () => {} }, deeds: [] };
  }
  const file = await open(path, "a+", 0o600);
  try {
    const { deeds, soundBytes } = await load(path);
    // Appending behind a torn line would join it with the next one and lose both.
    await file.truncate(soundBytes);
    return { journal: fileJournal(file), deeds };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function fileJournal(file: FileHandle): Journal {
  let pending = "";
  let writing: Promise<void> | undefined;
  let failure: unknown;

  const drain = async (): Promise<void> => {
    while (pending !== "") {
      const batch = pending;
      pending = "";
      await file.appendFile(batch);
      await file.datasync();
    }
  };
  const flush = async (): Promise<void> => {
    // A deed that could not be stored must never be answered for, now or later.
    if (failure !== undefined) throw failure;
    if (writing) await writing;
    if (pending === "") return;
    writing ??= drain().finally(() => {
      writing = undefined;
    });
    try {
      await writing;
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  return {
    write: (deeds) => {
      for (const one of deeds) pending += `${JSON.stringify(one)}\n`;
    },
    flush,
    close: async () => {
      await flush();
      await file.close();
    },
  };
}

async function load(path: string): Promise<{ deeds: Deed[]; soundBytes: number }> {
  const text = await readFile(path, "utf8");
  const end = text.lastIndexOf("\n") + 1;
  const lines = text.slice(0, end).split("\n").slice(0, -1);
  const deeds: Deed[] = [];
  for (const [at, line] of lines.entries()) {
    try {
      deeds.push(JSON.parse(line) as Deed);
    } catch (error) {
      if (at === lines.length - 1)
        return {
          deeds,
          soundBytes: Buffer.byteLength(
            lines
              .slice(0, at)
              .map((one) => `${one}\n`)
              .join(""),
          ),
        };
      throw new DeskError(
        "RECORDING_UNREADABLE",
        `line ${at + 1} of the paper exchange's journal ${path} cannot be read; restore the file or move it away to start anew`,
        { cause: error },
      );
    }
  }
  return { deeds, soundBytes: Buffer.byteLength(text.slice(0, end)) };
}
