import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { type Server, type Socket, connect, createServer } from "node:net";
import path from "node:path";
import type { Clock } from "../kernel/clock.ts";
import type { Consent } from "../kernel/consent.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Instrument } from "../kernel/instrument.ts";
import type { Log } from "../kernel/log.ts";
import type { OrderRequest, PlaceOutcome } from "../kernel/order.ts";
import type { Venue } from "../venues/venue.ts";
import { type Gate, closedGate } from "./gate.ts";
import { type Answer, type Request, requestShape } from "./requests.ts";
import { line, readLines } from "./wire.ts";

/** What the signer's socket stands on. */
export interface SignerParts {
  /** Path of the unix socket. */
  readonly socket: string;
  /** Whether the socket's group may reach it too, where the desk runs as another user. */
  readonly group: boolean;
  readonly venueOf: (account: string) => Promise<Venue>;
  /** Called once the socket is ours alone, so that no predecessor still writes what the gate reads. */
  readonly openGate: () => Gate;
  readonly clock: Clock;
  readonly log: Log;
}

/** A signer that listens. */
export interface SignerServer {
  /** Takes no more orders, waits up to ten seconds for those under way, and ends. */
  close(): Promise<void>;
}

const MAX_REQUEST = 4 * 1024 * 1024;
/** A predecessor whose desk died leaves within moments; longer means that somebody is really there. */
const PATIENCE_MS = 5_000;
const DRAIN_MS = 10_000;
/** The longest path that a unix socket takes on Linux and macOS. */
const MAX_PATH = 103;

const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(socket, () => (probe.destroy(), resolve(true)));
    probe.on("error", () => resolve(false));
  });

/** Listens at the path, for its owner alone or the group too; a socket that nobody answers at is taken over. */
async function listenAt({ socket, group, clock }: SignerParts, server: Server): Promise<void> {
  if (Buffer.byteLength(socket) > MAX_PATH)
    throw new DeskError(
      "CONFIG_INVALID",
      `${socket} is too long for a socket (${MAX_PATH} bytes at most); set BREAKWATER_SIGNER or a shorter BREAKWATER_HOME`,
    );
  mkdirSync(path.dirname(socket), { recursive: true, mode: group ? 0o750 : 0o700 });
  for (let waitedMs = 0; existsSync(socket) && (await answers(socket)); waitedMs += 200) {
    if (waitedMs >= PATIENCE_MS)
      throw new DeskError("SIGNER_IN_USE", `another signer listens at ${socket}; stop it, or set BREAKWATER_HOME`);
    await clock.sleep(200);
  }
  rmSync(socket, { force: true });
  // No moment at which the socket is there and open to others.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(socket, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } finally {
    process.umask(mask);
  }
  if (group) chmodSync(socket, 0o660);
}

/** Answers one desk's requests until it hangs up. */
function serveDesk(
  socket: Socket,
  { venueOf, clock, log }: SignerParts,
  gate: Gate,
  sending: <T>(deed: Promise<T>) => Promise<T>,
): void {
  const watches = new Map<number, () => Promise<void>>();
  const say = (answer: Answer): void => void (socket.writable && socket.write(line(answer)));

  const place = async (
    order: OrderRequest,
    consent: Consent | null,
    notAfter: Date | null,
  ): Promise<PlaceOutcome & { refused?: string }> => {
    const refuse = (why: string): PlaceOutcome & { refused: string } => {
      log.warn({ clientOrderId: order.clientOrderId, why }, "order refused");
      return { outcome: "rejected", reason: `the signer refused: ${why}`, refused: why };
    };
    if (consent === null) return refuse("no consent was shown for the order");
    let venue: Venue;
    let instrument: Instrument | undefined;
    try {
      venue = await venueOf(order.account);
      instrument = (await venue.reader.instruments()).get(order.symbol);
    } catch (error) {
      return refuse(messageOf(error));
    }
    if (instrument === undefined) return refuse(`${venue.reader.venue} does not list ${order.symbol}`);
    // A signer that stood still reads what was asked long ago; whoever asked may hold the order for absent by now.
    if (notAfter !== null && clock.now() > notAfter)
      return { outcome: "rejected", reason: "not sent: the signer read the order too late" };
    const refusal = gate.admit(order, consent, instrument);
    if (refusal !== null) return refuse(refusal.why);
    const outcome = await venue.trader.place(order, undefined, notAfter ?? undefined);
    log.info({ clientOrderId: order.clientOrderId, outcome: outcome.outcome }, "order sent");
    return outcome;
  };

  const watch = async (id: number, account: string): Promise<null> => {
    const { reader } = await venueOf(account);
    const stop = await reader.watchAccount?.(account, {
      onChange: () => say({ watch: id, heard: "change" }),
      onAlert: (alert) => say({ watch: id, heard: "alert", alert }),
      onGone: (why) => say({ watch: id, heard: "gone", why }),
    });
    if (stop === undefined) return null;
    if (socket.destroyed) await stop();
    else watches.set(id, stop);
    return null;
  };

  const handle = async (request: Request): Promise<unknown> => {
    switch (request.method) {
      case "ping":
        return { frozen: gate.frozen() };
      case "place":
        return sending(place(request.order, request.consent, request.notAfter));
      case "watch":
        return watch(request.id, request.account);
      case "unwatch": {
        const stop = watches.get(request.watch);
        watches.delete(request.watch);
        await stop?.();
        return null;
      }
      case "cancel": {
        const { account, symbol, venueOrderId } = request;
        return sending((await venueOf(account)).trader.cancel(account, symbol, venueOrderId));
      }
      case "armDeadMan": {
        // Like a cancel it needs nobody's consent: all that can follow is that orders are cancelled.
        const { account, timeoutMs, symbols } = request;
        return sending((await venueOf(account)).trader.armDeadMan(account, timeoutMs, symbols)).then(() => null);
      }
      default:
        return read(request, await venueOf(request.account));
    }
  };

  readLines(
    socket,
    MAX_REQUEST,
    (message) => {
      const parsed = requestShape.safeParse(message);
      if (!parsed.success) {
        const id = (message as { id?: unknown } | null)?.id;
        const what = parsed.error.issues.map((one) => `${one.path.join(".")}: ${one.message}`).join("; ");
        say({
          id: typeof id === "number" ? id : 0,
          error: { code: "INPUT_INVALID", message: `the signer does not take this request: ${what.slice(0, 300)}` },
        });
        return;
      }
      const { id } = parsed.data;
      handle(parsed.data).then(
        (ok) => say({ id, ok }),
        (error: unknown) =>
          say({
            id,
            error: { code: error instanceof DeskError ? error.code : "INTERNAL", message: messageOf(error) },
          }),
      );
    },
    (error) => {
      log.warn({ err: messageOf(error) }, "desk cut off");
      socket.destroy();
    },
  );
  socket.on("error", (error) => log.debug({ err: messageOf(error) }, "connection of a desk failed"));
  socket.on("close", () => {
    for (const stop of watches.values())
      stop().catch((error: unknown) => log.warn({ err: messageOf(error) }, "stream not closed"));
    watches.clear();
  });
}

type Reading = Exclude<Request, { method: "ping" | "place" | "watch" | "unwatch" | "cancel" | "armDeadMan" }>;

function read(request: Reading, { reader }: Venue): Promise<unknown> {
  switch (request.method) {
    case "instruments":
      return reader.instruments();
    case "book":
      return reader.book(request.symbol, request.depth);
    case "account":
      return reader.account(request.account);
    case "openOrders":
      return reader.openOrders(request.account);
    case "orderByClientId":
      return reader.orderByClientId(request.account, request.symbol, request.clientOrderId);
    case "fills":
      return reader.fills(request.account, request.since);
    case "transfers":
      return reader.transfers(request.account, request.since);
    case "keyRights":
      return reader.keyRights?.(request.account) ?? Promise.resolve(null);
    case "accessLog":
      return reader.accessLog?.(request.account, request.after) ?? Promise.resolve(null);
  }
}

/**
 * Opens the signer's socket. What can be asked is a closed list: reading, cancelling, arming a dead-man switch, and placing
 * an order that the gate admits.
 * @throws DeskError SIGNER_IN_USE where another signer stays there, CONFIG_INVALID where the path is too long
 */
export async function serveSigner(parts: SignerParts): Promise<SignerServer> {
  const desks = new Set<Socket>();
  const underWay = new Set<Promise<unknown>>();
  const sending = <T>(deed: Promise<T>): Promise<T> => {
    const ended = deed.catch(() => undefined).finally(() => underWay.delete(ended));
    underWay.add(ended);
    return deed;
  };
  let gate = closedGate("the signer is starting");
  const server = createServer((socket) => {
    desks.add(socket);
    socket.on("close", () => desks.delete(socket));
    serveDesk(socket, parts, { frozen: () => gate.frozen(), admit: (...asked) => gate.admit(...asked) }, sending);
  });
  await listenAt(parts, server);
  gate = parts.openGate();
  return {
    async close() {
      gate = closedGate("the signer is ending");
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const desk of desks) desk.pause();
      await Promise.race([Promise.all(underWay), parts.clock.sleep(DRAIN_MS)]);
      for (const desk of desks) desk.destroySoon();
      await closed;
    },
  };
}
