import path from "node:path";
import type { Account } from "../kernel/account.ts";
import type { Clock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Secret } from "../kernel/secret.ts";
import { readMarker } from "../policy/freeze/halt-marker.ts";
import { keyFile } from "../policy/key-file.ts";
import { openSeal } from "../kernel/seal.ts";
import type { VenueName } from "../venues/capabilities.ts";
import { VENUE_HOSTS } from "../venues/hosts.ts";
import { openVenues } from "../venues/open-venues.ts";
import { type Destination, raiseFence } from "./fence.ts";
import { writeFreeze } from "./freeze.ts";
import { type Gate, closedGate, openGate } from "./gate.ts";
import { openJournal } from "./journal.ts";
import { type SignerLimits, signerFolder } from "./settings.ts";
import { type SignerServer, serveSigner } from "./serve.ts";

/** Keys of one account. */
interface AccountKey {
  readonly apiKey: Secret;
  readonly apiSecret: Secret;
  readonly apiPassword?: Secret;
}

/** What a signer holds: it is the only program that reads exchange keys. */
export interface SignerSetup {
  readonly home: string;
  readonly socket: string;
  /** Accounts that need a key; those on the paper exchange do not. */
  readonly accounts: ReadonlyMap<string, Account>;
  readonly limits: SignerLimits;
  /** The desk's seal, where it does not lie under the home. */
  readonly sealKey: Secret | null;
  keyOf(account: string): AccountKey;
}

/** How a signer is started. */
export interface StartOptions {
  /** Reads and cancels, and sends no order: for a kill switch that finds no signer running. */
  readonly cancelOnly: boolean;
  /** Whether the socket's group may reach it. */
  readonly group: boolean;
  /** Origin that stands in for all venues, such as a loopback fake; for tests. */
  readonly baseUrl?: string;
  readonly clock: Clock;
  readonly log: Log;
}

const HTTPS = 443;

/** Where the venues of these accounts are. */
function destinations({ accounts }: SignerSetup, baseUrl: string | undefined): readonly Destination[] {
  if (baseUrl !== undefined) {
    const { hostname, port } = new URL(baseUrl);
    return [{ host: hostname, port: Number(port) }];
  }
  return [...accounts.values()].flatMap((one) =>
    VENUE_HOSTS[one.venue as VenueName][one.environment].map((text: string) => {
      const [host = "", port] = text.split(":");
      return { host, port: port === undefined ? HTTPS : Number(port) };
    }),
  );
}

/** Opens the journal and the gate before it; where the journal cannot be read the counters are not known, and nothing goes. */
function gateOf(config: SignerSetup, { cancelOnly, clock, log }: StartOptions): Gate {
  if (cancelOnly) return closedGate("this signer only reads and cancels");
  const folder = signerFolder(config.home);
  const file = path.join(folder, "sent.jsonl");
  try {
    return openGate({
      accounts: config.accounts,
      seal: openSeal(config.sealKey ?? keyFile(config.home, "seal")),
      limits: config.limits,
      journal: openJournal(file, clock.now()),
      folder,
      halted: () => readMarker(config.home)?.state ?? null,
      clock,
    });
  } catch (error) {
    const reason = `${file} or the seal's key cannot be read (${messageOf(error)}); what was sent is not known`;
    log.error({ reason }, "signer frozen");
    writeFreeze(folder, { by: "signer", reason, at: clock.now().toISOString() });
    return closedGate(`the signer is frozen: ${reason}`);
  }
}

/**
 * Starts the signer in this process: its venues, its socket, then the fence around everything it may reach. From here on
 * this process reaches nothing else.
 * @throws DeskError SIGNER_IN_USE, CONFIG_INVALID
 */
export async function startSigner(config: SignerSetup, options: StartOptions): Promise<SignerServer> {
  const { clock, log, baseUrl } = options;
  const venues = openVenues({
    accounts: config.accounts,
    paper: null,
    keyed: async (account) => {
      const { openCcxt } = await import("../venues/ccxt/open.ts");
      return openCcxt({
        venue: account.venue as Exclude<VenueName, "paper">,
        account: account.id,
        environment: account.environment,
        credentials: config.keyOf(account.id),
        ...(baseUrl === undefined ? {} : { baseUrl, rateLimit: false }),
        clock,
        log,
      });
    },
  });
  // Loading the exchange library stops this process for seconds, which must not happen between a desk's question and its
  // answer. Nothing is sent yet.
  await Promise.all([...config.accounts.keys()].map((id) => venues.venueOf(id)));
  const server = await serveSigner({
    socket: config.socket,
    group: options.group,
    venueOf: venues.venueOf,
    openGate: () => gateOf(config, options),
    clock,
    log,
  });
  const lower = raiseFence(destinations(config, baseUrl), (where) => log.error({ where }, "connection refused"));
  return {
    async close() {
      await server.close();
      await venues.close();
      lower();
    },
  };
}
