import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { post } from "./_breakwater.ts";
import { freePort, start, until } from "./_process.ts";
import { type Target, numberIn, titleOf } from "./_target.ts";

export const ALERTMANAGER = "/usr/bin/prometheus-alertmanager";

/** Debian's Alertmanager, sending every alert on by webhook at once; it keeps alerts in memory only. */
export async function startAlertmanager(): Promise<Target> {
  const folder = await mkdtemp(path.join(tmpdir(), "alertmanager-bench-"));
  const [port, sinkPort] = [await freePort(), await freePort()];
  const sink = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      response.end();
      for (const { annotations } of (JSON.parse(body) as { alerts: { annotations: { summary: string } }[] }).alerts) {
        target.onShown(numberIn(annotations.summary));
      }
    });
  });
  await new Promise<void>((resolve) => sink.listen(sinkPort, "127.0.0.1", resolve));
  const config = `
route: { receiver: sink, group_by: ["..."], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: sink
    webhook_configs: [{ url: "http://127.0.0.1:${sinkPort}/", send_resolved: false }]
`;
  await writeFile(path.join(folder, "alertmanager.yml"), config);
  const program = start(
    ALERTMANAGER,
    [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    {},
  );
  await until(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok, "Alertmanager");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const target: Target = {
    pid: program.pid,
    onShown: () => {},
    send(numbers) {
      const body = JSON.stringify(numbers.map(alertOf));
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      return post({ port, path: "/api/v2/alerts", agent, headers }, body, 200);
    },
    async stop() {
      agent.destroy();
      await program.stop();
      sink.closeAllConnections();
      sink.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return target;
}

const alertOf = (number: number): unknown => ({
  labels: { alertname: "BenchLimit", severity: "high", venue: "paper", instrument: "BTC-USDT", host: `host-${number}` },
  annotations: {
    summary: titleOf(number),
    description:
      "The limit of this account was reached; the figures below say by how much. Filled up to a usual length.",
  },
  startsAt: new Date().toISOString(),
});
