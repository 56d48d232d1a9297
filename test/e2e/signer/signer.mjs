// The signer as its own process, with a loopback fake in the place of all venues.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { loadSignerConfig } from "../../../dist/src/config/signer.js";
import { systemClock } from "../../../dist/src/kernel/clock.js";
import { openLog } from "../../../dist/src/kernel/log.js";
import { startSigner } from "../../../dist/src/signer/start.js";

const config = loadSignerConfig(process.env);
const server = await startSigner(config, {
  cancelOnly: process.argv.includes("--cancel-only"),
  group: process.argv.includes("--group"),
  baseUrl: process.env["FAKE_VENUE"],
  clock: systemClock,
  log: openLog(config.logLevel),
});
writeFileSync(path.join(config.home, "pid"), String(process.pid));
process.stdout.write('{"type":"listening"}\n');
await new Promise((resolve) => {
  process.once("SIGTERM", resolve);
  process.stdin.resume().once("close", resolve);
});
await server.close();
process.exit(0);
