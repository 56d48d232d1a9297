import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ServerType, serve } from "@hono/node-server";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { alerts, incidents } from "../../src/db/schema.ts";
import type { Intake } from "../../src/intake/intake.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { webhookRoutes } from "../../src/sources/webhooks/receive.ts";
import { openSources, webhooksSettings } from "../../src/sources/webhooks/settings.ts";
import { intakeOn } from "../intake/desk.ts";
import { DESK, TOKEN, secretOf } from "../sources/webhooks/door.ts";
import { withDatabase } from "../with-database.ts";

const PROGRAM = "/usr/bin/prometheus-alertmanager";
const PATIENCE = { timeout: 30_000, interval: 50 };

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

const config = (port: number): string => `
route:
  receiver: breakwater
  group_by: ["..."]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: breakwater
    webhook_configs:
      - url: http://127.0.0.1:${port}/hooks/alertmanager
        send_resolved: true
        http_config: { authorization: { credentials: "${TOKEN}" } }
`;

describe.skipIf(!existsSync(PROGRAM))(`the Alertmanager of Debian (absent: ${PROGRAM})`, () => {
  const database = withDatabase();
  let intake: Intake;
  let server: ServerType;
  let program: ChildProcess;
  let folder: string;
  let address: string;

  beforeAll(async () => {
    intake = intakeOn(database());
    const { sources } = openSources(webhooksSettings.parse(DESK), secretOf);
    const app = webhookRoutes({ sources, intake, clock: systemClock, log: silentLog });
    const port = await freePort();
    server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" });
    folder = await mkdtemp(path.join(tmpdir(), "alertmanager-"));
    const file = path.join(folder, "alertmanager.yml");
    await writeFile(file, config(port));
    address = `127.0.0.1:${await freePort()}`;
    const where = [`--storage.path=${folder}/data`, `--web.listen-address=${address}`, "--cluster.listen-address="];
    program = spawn(PROGRAM, [`--config.file=${file}`, ...where], { stdio: "ignore" });
    const ready = async (): Promise<boolean> => (await fetch(`http://${address}/-/ready`)).ok;
    await vi.waitUntil(() => ready().catch(() => false), PATIENCE);
  });
  afterAll(async () => {
    const gone = once(program, "exit");
    program.kill();
    await gone;
    server.close();
    await intake.close();
    await rm(folder, { recursive: true, force: true });
  });

  const post = async (endsAt: Date): Promise<void> => {
    const alert = {
      labels: { alertname: "MarginFeedSilent", severity: "critical", venue: "deribit" },
      annotations: { summary: "The margin feed says nothing", description: "No message for 30 s" },
      startsAt: new Date(Date.now() - 30_000).toISOString(),
      endsAt: endsAt.toISOString(),
    };
    const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify([alert]) };
    expect((await fetch(`http://${address}/api/v2/alerts`, request)).status).toBe(200);
  };
  const stored = (status: "firing" | "resolved") =>
    vi.waitUntil(async () => {
      const rows = await database().db.select().from(alerts).where(eq(alerts.status, status)).orderBy(asc(alerts.id));
      return rows[0] ?? false;
    }, PATIENCE);

  test("fires an alert, which opens an incident, and resolves it, which is noted there", async () => {
    await post(new Date(Date.now() + 60_000));
    const fired = await stored("firing");
    expect(fired).toMatchObject({
      source: "alertmanager",
      trust: "unsigned",
      kind: "alertmanager.MarginFeedSilent",
      severity: "critical",
      title: "The margin feed says nothing",
      summary: "No message for 30 s",
      labels: { severity: "critical", venue: "deribit" },
      stop: null,
    });

    await post(new Date(Date.now() - 1_000));
    const over = await stored("resolved");
    expect(over).toMatchObject({ stop: "resolved", incidentId: fired.incidentId });
    const [incident] = await database()
      .db.select()
      .from(incidents)
      .where(eq(incidents.id, fired.incidentId ?? ""));
    expect(incident).toMatchObject({ status: "open", firingCount: 0, severity: "critical" });
  });
});
