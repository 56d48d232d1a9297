import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import postgres from "postgres";
import type { Clock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import { type ServerFiles, serverFiles } from "./server-files.ts";

const run = promisify(execFile);
const DATABASE = "breakwater";
const MAJOR = "18";
/** Small, because the desk's data is small; fsync stays on. */
const SETTINGS = [
  "listen_addresses=127.0.0.1",
  // Relative to the data folder, which only the server's account and root may enter.
  "unix_socket_directories=.",
  "max_connections=80",
  "shared_buffers=64MB",
  "jit=off",
  "max_wal_size=1GB",
];

/** A running embedded server. */
export interface Embedded {
  readonly url: string;
  /** The file of its socket, by which a message costs half of what it does over loopback; null where none can be used. */
  readonly socketFile: string | null;
  readonly notice: string | null;
  /**
   * Starts the server again where it is gone, as after the system killed it for memory; resolves to whether it was.
   * @throws DeskError DATABASE_UNAVAILABLE where it does not start, or only at another port than the one that is in use
   */
  revive(): Promise<boolean>;
  /** Stops the server unless another program still uses it. */
  stop(): Promise<void>;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true)));
    socket.on("error", () => resolve(false));
    socket.setTimeout(1_000, () => (socket.destroy(), resolve(false)));
  });

const freePort = (wanted: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", (error) => {
      if (wanted === 0) reject(error);
      else void freePort(0).then(resolve, reject);
    });
    probe.listen(wanted, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

/** Only what the server needs: our own environment may hold secrets. */
const options = (files: ServerFiles) => ({
  ...files.runAs,
  cwd: "/",
  env: {
    PATH: process.env["PATH"] ?? "",
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
    ...(process.env["SystemRoot"] ? { SystemRoot: process.env["SystemRoot"] } : {}),
  },
});

function password(files: ServerFiles): { file: string; value: string } {
  const file = path.join(files.root, "pg.password");
  try {
    writeFileSync(file, `${randomBytes(18).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
    if (files.runAs) chownSync(file, files.runAs.uid, files.runAs.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return { file, value: readFileSync(file, "utf8").trim() };
}

/** initdb beside, then a rename: a kill in the middle leaves nothing half-made; the initdb of a killed parent may still be writing its own. */
async function create(files: ServerFiles, data: string, passwordFile: string, clock: Clock): Promise<void> {
  for (const name of readdirSync(files.root)) {
    const old = path.join(files.root, name);
    if (name.startsWith("init-") && clock.now().getTime() - statSync(old).mtimeMs > 600_000)
      rmSync(old, { recursive: true, force: true });
  }
  const beside = path.join(files.root, `init-${process.pid}-${randomBytes(4).toString("hex")}`);
  await run(
    files.initdb,
    [
      "-D",
      beside,
      "-U",
      "postgres",
      "-A",
      "scram-sha-256",
      `--pwfile=${passwordFile}`,
      "-E",
      "UTF8",
      "--locale=C.UTF-8",
      "--no-instructions",
    ],
    options(files),
  );
  try {
    renameSync(beside, data);
  } catch (error) {
    if (!existsSync(path.join(data, "PG_VERSION"))) throw error;
    rmSync(beside, { recursive: true, force: true });
  }
}

/** The longest name of a socket that every kernel takes: macOS's `sun_path` without its closing zero; Linux has four bytes more. */
const SOCKET_NAME_BYTES = 103;

/** What the server wrote about itself; null before it did. */
function postmaster(data: string): { pid: number; port: number; socketFile: string | null } | null {
  try {
    const lines = readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n");
    const [pid, port, folder] = [Number(lines[0]), Number(lines[3]), lines[4] ?? ""];
    const file = path.resolve(data, folder, `.s.PGSQL.${port}`);
    // On Windows Node takes a path for the name of a pipe.
    const usable = process.platform !== "win32" && folder !== "" && Buffer.byteLength(file) <= SOCKET_NAME_BYTES;
    return pid > 0 && port > 0 ? { pid, port, socketFile: usable ? file : null } : null;
  } catch {
    return null;
  }
}

/** Starts the server on the data folder, or adopts one that survived its parent; answers its port. */
async function serve(files: ServerFiles, data: string, clock: Clock): Promise<number> {
  const portFile = path.join(files.root, "pg.port");
  const log = path.join(files.root, "pg.log");
  let failures = 0;
  for (let round = 0; ; round += 1) {
    // pg_ctl also says "running" of a just-killed server that is still a zombie, so it is never believed alone.
    const up = await run(files.pgCtl, ["-D", data, "status"], options(files)).then(
      () => true,
      () => false,
    );
    const known = up ? postmaster(data) : null;
    if (known && (await accepts(known.port))) return known.port;
    if (up) {
      if (round > 300)
        throw new DeskError(
          "DATABASE_UNAVAILABLE",
          `the embedded PostgreSQL runs but takes no connections; see ${log}`,
        );
      await clock.sleep(100);
      continue;
    }
    const port = await freePort(existsSync(portFile) ? Number(readFileSync(portFile, "utf8")) : 0);
    try {
      const flags = [`-p ${port}`, ...SETTINGS.map((one) => `-c ${one}`)].join(" ");
      await run(files.pgCtl, ["-D", data, "-l", log, "-w", "-t", "60", "-o", flags, "start"], options(files));
      writeFileSync(portFile, String(port));
      return port;
    } catch (cause) {
      failures += 1;
      if (failures > 5)
        throw new DeskError("DATABASE_UNAVAILABLE", `the embedded PostgreSQL did not start; see ${log}`, { cause });
      await clock.sleep(300 * failures);
    }
  }
}

/**
 * Starts the shipped PostgreSQL under `home` (or adopts the one already running there) and makes sure its database exists.
 * @throws DeskError DATABASE_UNAVAILABLE, DATABASE_UNSUITABLE
 */
export async function startEmbedded(home: string, clock: Clock): Promise<Embedded> {
  const files = await serverFiles(home);
  const data = path.join(files.root, "pg");
  const { file, value } = password(files);
  if (!existsSync(path.join(data, "PG_VERSION"))) await create(files, data, file, clock);
  const version = readFileSync(path.join(data, "PG_VERSION"), "utf8").trim();
  if (version !== MAJOR) {
    throw new DeskError(
      "DATABASE_UNSUITABLE",
      `the data in ${data} was written by PostgreSQL ${version}, this program ships ${MAJOR}; export the ledger with the old program, or use another BREAKWATER_HOME`,
    );
  }
  const port = await serve(files, data, clock);
  const base = `postgresql://postgres:${value}@127.0.0.1:${port}`;
  const admin = postgres(`${base}/postgres`, { max: 1, onnotice: () => {} });
  try {
    const [found] = await admin`select 1 from pg_database where datname = ${DATABASE}`;
    if (!found) await admin.unsafe(`create database ${DATABASE}`);
  } catch (error) {
    // Another program that started at the same moment may have made it.
    if (!/already exists|duplicate key/.test(messageOf(error))) throw error;
  } finally {
    await admin.end();
  }
  return {
    url: `${base}/${DATABASE}`,
    socketFile: postmaster(data)?.socketFile ?? null,
    notice: files.notice,
    async revive() {
      if (await accepts(port)) return false;
      if ((await serve(files, data, clock)) !== port)
        throw new DeskError("DATABASE_UNAVAILABLE", `another program took port ${port} of the embedded PostgreSQL`);
      return true;
    },
    async stop() {
      if (!(await accepts(port))) return;
      const last = postgres(`${base}/postgres`, { max: 1, onnotice: () => {} });
      const others =
        await last`select 1 from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`;
      await last.end();
      if (others.length === 0) await run(files.pgCtl, ["-D", data, "-m", "fast", "-w", "stop"], options(files));
    },
  };
}
