import { existsSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import type { Config } from "../config.ts";
import type { Account } from "../kernel/account.ts";
import type { Alert } from "../kernel/alert.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { KEY_PARTS } from "../kernel/sealed.ts";
import type { SignerHealth } from "../signer/link.ts";
import { type RefusedOrder, type Signer, openSigner } from "../signer/open.ts";
import { line } from "../signer/wire.ts";
import { signerFolder } from "../signer/settings.ts";

/** Other variables that the signer reads; the desk's own secrets are not among them. */
const PASSED = ["PATH", "TZ", "NODE_EXTRA_CA_CERTS", "BREAKWATER_LOG", "BREAKWATER_SEAL_KEY"] as const;

const keyed = (config: Config): readonly Account[] =>
  [...config.accounts.values()].filter((one) => one.venue !== "paper");

/** The variables that only the signer may know. */
const keyVariables = (config: Config): readonly string[] => [
  "BREAKWATER_KEYS_KEY",
  ...keyed(config).flatMap((one) => KEY_PARTS.map((part) => `${config.file.accounts[one.id]?.key ?? ""}_${part}`)),
];

const program = (): string =>
  ["../../bin/breakwater.js", "../../../bin/breakwater.js"]
    .map((one) => path.resolve(import.meta.dirname, one))
    .find((one) => existsSync(one)) ?? "breakwater";

const apart = (config: Config): boolean => config.environment.text("BREAKWATER_SIGNER") !== undefined;

function childOf(config: Config, socket: string, ...flags: readonly string[]) {
  return {
    command: [process.execPath, program(), "signer", "--child", ...flags] as const,
    environment: {
      ...config.environment.raw([...PASSED, ...keyVariables(config)]),
      BREAKWATER_HOME: config.home,
      BREAKWATER_DESK: config.deskPath,
      BREAKWATER_SIGNER: socket,
    },
  };
}

/**
 * Opens the way to the venues of accounts that need a key: through the signer at BREAKWATER_SIGNER, or through one that is
 * started here and kept running, after which this process forgets the keys' variables. Null where all accounts are on paper.
 * @throws DeskError CONFIG_INVALID or SIGNER_UNAVAILABLE where a signer of one's own does not start
 */
export async function openDeskSigner(config: Config, clock: Clock, log: Log): Promise<Signer | null> {
  if (keyed(config).length === 0) return null;
  const child = apart(config) ? null : childOf(config, config.signerSocket);
  const signer = await openSigner({ socket: config.signerSocket, child, clock, log });
  config.environment.forget(keyVariables(config));
  return signer;
}

const ANSWER_MS = 2_000;

/** Whether a signer answers at the socket; one that hangs does not, and one that this user may not ask is another's. */
const answers = (socket: string, clock: Clock): Promise<boolean | "forbidden"> =>
  new Promise((resolve) => {
    const waiting = new AbortController();
    const probe = connect(socket, () => probe.write(line({ id: 1, method: "ping" })));
    const end = (answered: boolean | "forbidden") => (): void => {
      waiting.abort();
      probe.destroy();
      resolve(answered);
    };
    probe.once("data", end(true)).once("close", end(false));
    probe.on("error", ({ code }: NodeJS.ErrnoException) => end(code === "EACCES" ? "forbidden" : false)());
    clock.sleep(ANSWER_MS, waiting.signal).then(end(false), () => undefined);
  });

/** A way to the keyed venues for one command: the signer that runs, else one of its own that only reads and cancels. */
export interface BriefSigner {
  readonly keyed: Signer["venueOf"];
  close(): Promise<void>;
}

/** Reaches a signer for reading and cancelling; where there is none every use says so. */
export async function reachSigner(config: Config, clock: Clock, log: Log): Promise<BriefSigner> {
  const closed = (why: string): BriefSigner => ({
    keyed: () => {
      throw new DeskError("SIGNER_UNAVAILABLE", why);
    },
    close: async () => {},
  });
  if (keyed(config).length === 0) return closed("no account needs a signer");
  const running = await answers(config.signerSocket, clock);
  if (running === "forbidden")
    return closed(
      `this user may not open ${config.signerSocket}; join the socket's group, and start the signer with --group`,
    );
  if (!running && apart(config))
    return closed(
      `no signer answers at ${config.signerSocket}, and the keys are not here; start breakwater signer as its own user, or cancel at the venue`,
    );
  const socket = running ? config.signerSocket : path.join(signerFolder(config.home), `${process.pid}.sock`);
  try {
    const child = running ? null : childOf(config, socket, "--cancel-only");
    const signer = await openSigner({ socket, child, clock, log });
    return { keyed: signer.venueOf, close: () => signer.close() };
  } catch (error) {
    return closed(`no signer runs and none could be started: ${messageOf(error)}`);
  }
}

const downAlert = ({ state, why }: SignerHealth, at: Date): Alert => ({
  source: "signer",
  trust: "internal",
  kind: "signer.down",
  status: state === "up" ? "resolved" : "firing",
  severity: "critical",
  title:
    state === "up" ? "The signer answers again" : "The signer does not answer: no order leaves, no account is read",
  summary:
    state === "up"
      ? "Orders that were under way are looked up by their ids and not sent again."
      : `It holds the exchange keys (${why}). A signer that the desk started is started again by itself; one of its own user: start breakwater signer. To cancel now, use the venue's own page.`,
  labels: {},
  values: {},
  at,
});

const frozenAlert = (reason: string | null, at: Date): Alert => ({
  source: "signer",
  trust: "internal",
  kind: "signer.frozen",
  status: reason === null ? "resolved" : "firing",
  severity: "critical",
  title: reason === null ? "The signer lets orders go again" : "The signer lets no order go",
  summary:
    reason === null
      ? "Its freeze was lifted."
      : `${reason}. Cancelling and reading go on. See docs/runbook.md before it is lifted.`,
  labels: {},
  values: {},
  at,
});

const refusedAlert = ({ account, clientOrderId, why }: RefusedOrder, at: Date): Alert => ({
  source: "signer",
  trust: "internal",
  kind: "signer.refused",
  status: "firing",
  severity: "high",
  title: `The signer refused an order of ${account.id}`,
  summary: `Order ${clientOrderId} was not sent: ${why}. The desk had let it through, so one of the two is wrong or somebody is inside.`,
  labels: { account: account.id, venue: account.venue },
  values: {},
  at,
});

/** Tells of the signer as it is now and at every change: away, frozen, an order refused. */
export function watchSigner(signer: Signer, emit: (alert: Alert) => Promise<void>, clock: Clock, log: Log): void {
  let telling = Promise.resolve();
  const tell = (alert: Alert): void => {
    telling = telling
      .then(() => emit(alert))
      .catch((error: unknown) => log.error({ kind: alert.kind, err: messageOf(error) }, "signer not heard"));
  };
  let shown: SignerHealth = { state: "up", why: "", frozen: null };
  const look = (health: SignerHealth): void => {
    const at = clock.now();
    if (health.state !== shown.state) tell(downAlert(health, at));
    // While it is away nothing is known of its freeze.
    if (health.state === "up" && health.frozen !== shown.frozen) tell(frozenAlert(health.frozen, at));
    shown = health.state === "up" ? health : { ...shown, state: "down" };
  };
  look(signer.health());
  signer.onHealth(look);
  signer.onRefused((order) => tell(refusedAlert(order, clock.now())));
}
