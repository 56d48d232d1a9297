import { pathToFileURL } from "node:url";
import { median } from "./workload.ts";
import type { Workload } from "./workload.ts";

/** Runs one side of one workload and prints its figure: `child.ts <file> own|peer`, started by run.ts. */
const [file = "", side = "own"] = process.argv.slice(2);
const { workload } = (await import(pathToFileURL(file).href)) as { workload: Workload };
const prepare = side === "own" ? workload.own : workload.peer?.load;
if (prepare === undefined) throw new Error(`${file} has no ${side}`);
const pass = await prepare();

let checksum = 0;
let value: number;
if (workload.measuresItself === true) {
  value = await pass();
} else {
  for (let warmUp = 0; warmUp < 2; warmUp += 1) checksum += await pass();
  const perOperation: number[] = [];
  for (let repeat = 0; repeat < 9; repeat += 1) {
    const before = process.cpuUsage();
    checksum += await pass();
    const spent = process.cpuUsage(before);
    perOperation.push(((spent.user + spent.system) * 1000) / workload.n);
  }
  value = median(perOperation);
}
process.stdout.write(`${JSON.stringify({ value, checksum })}\n`);
process.exit(0);
