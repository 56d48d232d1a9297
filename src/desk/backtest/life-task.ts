import { existsSync } from "node:fs";
import type { LifeResult } from "../../replay/backtest/life.ts";
import { DeskError } from "../../kernel/errors.ts";
import { startThread } from "../../kernel/thread.ts";
import type { StormName } from "../../venues/paper/storms.ts";

/** One life that some replica lives: what it needs to know. */
export interface LifeTask {
  readonly life: {
    readonly market: { readonly storm: StormName } | { readonly folder: string };
    /** Null: the account is left alone. */
    readonly playbook: string | null;
    readonly seed: number;
  };
}

/** Lives one life in a thread and answers it as JSON. @throws DeskError RECORDING_UNREADABLE where it is not on this machine */
export async function liveTask({ life }: LifeTask): Promise<LifeResult> {
  if ("folder" in life.market && !existsSync(life.market.folder))
    throw new DeskError(
      "RECORDING_UNREADABLE",
      `${life.market.folder} is not on this replica; let replicas share BREAKWATER_HOME/recordings, or run breakwater backtest where it is`,
    );
  const thread = startThread(import.meta.url, "./life-thread", { workerData: life });
  // A desk that ends does not wait for it; the engine has it lived again elsewhere.
  thread.unref();
  try {
    const answer = await new Promise<{ life?: string; error?: string }>((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
    });
    if (answer.life === undefined)
      throw new DeskError("INPUT_INVALID", answer.error ?? "the life ended without a word");
    return JSON.parse(answer.life) as LifeResult;
  } finally {
    await thread.terminate();
  }
}
