import { parentPort, workerData } from "node:worker_threads";
import { openHedger } from "../../exposure/hedger.ts";
import { messageOf } from "../../kernel/errors.ts";
import { loadPlaybooks } from "../../load.ts";
import { live } from "../../replay/backtest/life.ts";
import { recordedMarket, stormMarket } from "../../replay/backtest/market.ts";
import { matching } from "../matching.ts";
import type { LifeTask } from "./life-task.ts";

/** Runs in a thread of its own: a life takes seconds of computing, in which no click could be acknowledged. */
const port = parentPort;
if (port === null) throw new Error("a life is lived in a worker thread only");

async function lived({ market, playbook, seed }: LifeTask["life"]): Promise<string> {
  const found = playbook === null ? null : (await loadPlaybooks()).find((one) => one.head.name === playbook);
  if (found === undefined) throw new Error(`there is no playbook ${playbook} on this replica`);
  return JSON.stringify(
    await live({
      market: "storm" in market ? stormMarket(market.storm) : await recordedMarket([market.folder], undefined),
      playbook: found,
      inputOf: (one, alert) => matching(alert, [one])[0]?.input ?? null,
      hedger: openHedger(),
      seed,
    }),
  );
}

lived(workerData as LifeTask["life"]).then(
  (life) => port.postMessage({ life }),
  (error: unknown) => port.postMessage({ error: messageOf(error) }),
);
