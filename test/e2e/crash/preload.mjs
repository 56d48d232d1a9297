// Kills this process at the first step boundary that no earlier life has died at, by wrapping the engine's two kinds of
// steps from outside: the program itself knows nothing of it. CRASH_SIDE says on which side of the steps, "before" or
// "after"; the boundaries seen are kept in the file CRASH_SEEN.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { DBOS } = require("@dbos-inc/dbos-sdk");
const source = require("@dbos-inc/dbos-sdk/datasource");
const file = process.env["CRASH_SEEN"];
const wanted = process.env["CRASH_SIDE"];
const seen = new Set(file && existsSync(file) ? readFileSync(file, "utf8").split("\n") : []);

function pass(side, name) {
  const boundary = `${side} ${name}`;
  if (!file || !side.startsWith(wanted) || seen.has(boundary)) return;
  appendFileSync(file, `${boundary}\n`);
  process.kill(process.pid, "SIGKILL");
}

const runStep = DBOS.runStep.bind(DBOS);
DBOS.runStep = async (work, config) => {
  pass("before", config.name);
  const wrapped = async () => {
    const value = await work();
    // The work is done but its record is not: the harshest moment of all.
    pass("after the work of", config.name);
    return value;
  };
  return runStep(wrapped, config);
};
const { runTransaction } = source;
Object.defineProperty(source, "runTransaction", {
  enumerable: true,
  configurable: true,
  value: async (work, name, options) => {
    pass("before", name);
    const result = await runTransaction(work, name, options);
    pass("after", name);
    return result;
  },
});
