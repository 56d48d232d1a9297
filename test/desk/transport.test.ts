import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { CALLERS } from "./callers.ts";

const listen = async (server: Server | ReturnType<typeof createTcpServer>): Promise<number> => {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
};

/** What every caller learned of one server, in a process with this environment. */
async function told(url: string, env: NodeJS.ProcessEnv = {}): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", CALLERS, url], {
    env: { PATH: process.env["PATH"], ...env },
    timeout: 110_000,
  });
  return new Map(
    stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as [string, string]),
  );
}
const CALLS = 8;

const OPENSSL = process.env["OPENSSL"] ?? "openssl";

/** A certificate that no authority signed, for 127.0.0.1; null where the machine cannot make one. */
function selfSigned(): { key: string; cert: string } | null {
  const folder = mkdtempSync(path.join(tmpdir(), "breakwater-tls-"));
  const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" ");
  const made = spawnSync(OPENSSL, [...kind, "-keyout", key, "-out", cert, ...subject]);
  return made.status === 0 ? { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") } : null;
}
const pair = selfSigned();
if (pair === null) process.stderr.write("skipped: openssl is not here, so no certificate can be made\n");

test.skipIf(pair === null)(
  "nobody who calls out says a word to a server whose certificate no authority signed",
  async () => {
    const heard: string[] = [];
    const server = createTlsServer(pair ?? {}, (request, response) => {
      heard.push(`${request.method} ${request.url}`);
      response.end("{}");
    });
    const port = await listen(server);
    try {
      const said = await told(`https://127.0.0.1:${port}`);
      expect(said.size).toBe(CALLS);
      expect(heard).toEqual([]);
      for (const [name, words] of said) expect(words, name).not.toContain("a-key-that-nobody-may-see");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
  120_000,
);

test("nobody who calls out goes by a proxy that the environment names", async () => {
  const asked = new Set<string>();
  const server = createServer((request, response) => {
    asked.add((request.url ?? "").split("?")[0] ?? "");
    response.writeHead(404).end("{}");
  });
  server.on("upgrade", (_request, socket) => {
    asked.add("upgrade");
    socket.destroy();
  });
  let proxied = 0;
  const proxy = createTcpServer((socket) => {
    proxied += 1;
    socket.destroy();
  });
  const [port, proxyPort] = [await listen(server), await listen(proxy)];
  const named = `http://127.0.0.1:${proxyPort}`;
  try {
    const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
    const said = await told(`http://127.0.0.1:${port}`, Object.fromEntries(names.map((name) => [name, named])));
    expect(said.size).toBe(CALLS);
    expect(proxied).toBe(0);
    // They went to the address that was meant instead.
    expect(asked.size).toBeGreaterThanOrEqual(CALLS - 1);
  } finally {
    server.closeAllConnections();
    server.close();
    proxy.close();
  }
}, 120_000);
