import { Agent, request } from "node:http";
import { workerData } from "node:worker_threads";

// Sends requests with bad signatures at a steady rate, from a thread of its own.
const { port, perSecond, seconds } = workerData;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const body = "payload=%7B%7D";
const begun = performance.now();
let sent = 0;
const tick = setInterval(() => {
  const gone = (performance.now() - begun) / 1_000;
  if (gone > seconds) {
    clearInterval(tick);
    agent.destroy();
    return;
  }
  for (; sent < gone * perSecond; sent += 1) {
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "content-length": body.length,
      "x-slack-request-timestamp": String(Math.floor(Date.now() / 1_000)),
      "x-slack-signature": `v0=${"0".repeat(64)}`,
    };
    const one = request(
      { host: "127.0.0.1", port, path: "/slack/events", method: "POST", headers, agent },
      (response) => response.resume(),
    );
    one.on("error", () => {});
    one.end(body);
  }
}, 5);
