import { loadConfig } from "../config.ts";
import { systemClock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import { openBusWorkers } from "../sources/feeds/bus/bus.ts";
import { chosenDetectors } from "../sources/feeds/settings.ts";
import { untilStopped } from "./start.ts";

const SAY_MS = 500;

/** `breakwater worker` */
export async function runWorker(options: { json?: boolean }): Promise<number> {
  const config = loadConfig(process.env, { keys: false });
  const address = config.environment.secret("NATS_URL");
  if (!address)
    throw new DeskError(
      "CONFIG_INVALID",
      "a worker takes its events from NATS; set NATS_URL to the server that the desk uses",
    );
  const log = openLog(config.logLevel);
  const workers = openBusWorkers({
    address,
    ...chosenDetectors(config.file.detectors),
    clock: systemClock,
    log,
  });
  let said = "";
  const stopSaying = systemClock.every(SAY_MS, () => {
    const { up, partitions } = workers.state();
    const line = options.json
      ? JSON.stringify({ type: "worker", up, partitions })
      : up
        ? `Watching ${partitions.length === 0 ? "nothing yet" : `partitions ${partitions.join(", ")}`}`
        : "The bus is away; trying again";
    if (line === said) return;
    said = line;
    process.stdout.write(`${line}\n`);
  });
  const code = await untilStopped().signal;
  stopSaying();
  await workers.stop();
  return code;
}
