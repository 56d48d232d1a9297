import { type IncomingHttpHeaders, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type PrivateStreams, servePrivateStreams } from "./private-stream.ts";

/** What a fake can be told to do to the next call of a kind. */
type FakeFault = "accept-then-hang" | "drop" | "rate-limited" | "unavailable" | "malformed" | "wrong-symbol";
/** What a call is for: placing, cancelling, private reading, or public data. */
type CallKind = "place" | "cancel" | "read" | "public";

/** An order as the fake keeps it; numbers are floats rounded to six digits, enough for a fake. */
export interface FakeOrder {
  readonly id: string;
  readonly clientOrderId: string;
  readonly side: "buy" | "sell";
  readonly quantity: number;
  readonly price: number;
  readonly tif: "GTC" | "IOC" | "FOK" | "PO";
  readonly reduceOnly: boolean;
  readonly createdAt: number;
  readonly hidden: boolean;
  updatedAt: number;
  state: "open" | "filled" | "cancelled";
  filled: number;
  value: number;
}

/** One execution of the fake's account. */
export interface FakeFill {
  readonly order: FakeOrder;
  readonly quantity: number;
  readonly price: number;
  readonly at: number;
}

/** One line of a venue's log of logins, by the venue's own word. */
export interface FakeLogin {
  readonly word: string;
  readonly ip: string;
  readonly city: string;
  readonly data?: string;
}

/** Why the fake refuses an order; each venue's file says it in the venue's words. */
type Refusal = "duplicate" | "reduce-only" | "funds" | "post-only";

/** One account in one market, with a book of three levels a side. */
export interface FakeState {
  position: number;
  readonly entry: number;
  readonly mark: number;
  readonly equity: number;
  readonly maintenance: number;
  bids: [number, number][];
  asks: [number, number][];
  readonly orders: FakeOrder[];
  readonly fills: FakeFill[];
  /** What came in (positive) or left, in the account's dollars. */
  readonly transfers: { readonly amount: number; readonly at: number }[];
  /** Dead-man switches that are armed: ms by instrument, or by "account". */
  readonly armed: Map<string, number>;
  hedged: boolean;
  /** Whether positions come with their place in the auto-deleveraging queue. */
  tellsRank: boolean;
  /** What the venue says of the key; `endsAt` is ms, where the venue tells when it ends. */
  key: { withdraws: boolean; addresses: readonly string[]; endsAt: number | null };
  /** Names of other keys of the account, where the venue lists them. */
  otherKeys: readonly string[];
  /** The venue's log of logins, oldest first, where it keeps one. */
  readonly logins: FakeLogin[];
  submit(
    request: Pick<FakeOrder, "clientOrderId" | "side" | "quantity" | "price" | "tif" | "reduceOnly">,
  ): FakeOrder | Refusal;
  cancel(id: string): FakeOrder | undefined;
  /** The desk was silent for this long: switches that run out cancel what rests. */
  silence(ms: number): void;
  /** Orders that look-ups see. */
  visible(): readonly FakeOrder[];
}

/** A request as the fakes' routes see it: query and body joined. */
export type Params = Readonly<Record<string, unknown>>;

/** One address of a venue. */
export interface Route {
  readonly kind: CallKind;
  /** The JSON to answer with; throw a `Refused` for the venue's own errors. */
  answer(params: Params, state: FakeState): unknown;
}

/** An error answer in the venue's words. */
export class Refused extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
  }
}

/** What a venue's fake is made of. */
export interface FakeVenue {
  /** By "METHOD /path"; a function where one address serves several calls by its body. */
  readonly routes: Readonly<Record<string, Route | ((params: Params) => Route)>>;
  readonly rateLimited: Refused;
  readonly unavailable: Refused;
  /** Changes an answer to speak of something else. */
  readonly mislead: (json: string) => string;
  /** Whether duplicate client order ids are refused. */
  readonly enforcesIds: boolean;
}

/** A running fake. */
export interface FakeExchange {
  readonly url: string;
  /** The account and its market as they stand; a new object after `reset`. */
  state(): FakeState;
  /** Back to the beginning: a fresh account, no planned failures. */
  reset(): void;
  fail(kind: CallKind, fault: FakeFault): void;
  hideNewOrders(): void;
  showNewOrders(): void;
  taken(clientOrderId: string): number;
  placingRequests(): number;
  /** Headers of all requests so far, the latest of each name. */
  readonly headers: IncomingHttpHeaders;
  /** Hosts that requests were meant for. */
  readonly hosts: Set<string>;
  /** Requests to addresses the fake does not serve. */
  readonly strangers: string[];
  readonly streams: PrivateStreams;
  close(): Promise<void>;
}

const tidy = (value: number): number => Math.round(value * 1e6) / 1e6;

function openState(enforcesIds: boolean, hiding: () => boolean, shown: () => boolean): FakeState {
  let serial = 1000;
  const state: FakeState = {
    position: 10,
    entry: 59_000,
    mark: 60_000,
    equity: 200_000,
    maintenance: 30_000,
    bids: [
      [59_990, 5],
      [59_980, 20],
      [59_900, 100],
    ],
    asks: [
      [60_010, 5],
      [60_020, 20],
      [60_100, 100],
    ],
    orders: [],
    fills: [],
    transfers: [],
    armed: new Map(),
    hedged: false,
    tellsRank: true,
    key: { withdraws: false, addresses: ["192.0.2.7"], endsAt: null },
    otherKeys: [],
    logins: [],
    visible: () => state.orders.filter((one) => !one.hidden || shown()),
    submit(request) {
      if (enforcesIds && state.orders.some((one) => one.clientOrderId === request.clientOrderId)) return "duplicate";
      const closing = request.side === "sell" ? Math.max(0, state.position) : Math.max(0, -state.position);
      if (request.reduceOnly && closing === 0) return "reduce-only";
      if (!request.reduceOnly && request.quantity > 1_000) return "funds";
      const book = request.side === "buy" ? state.asks : state.bids;
      const good = (price: number): boolean =>
        request.side === "buy" ? price <= request.price : price >= request.price;
      if (request.tif === "PO" && book[0] && good(book[0][0])) return "post-only";
      serial += 1;
      const now = Date.now();
      const order: FakeOrder = {
        ...request,
        id: String(serial),
        createdAt: now,
        updatedAt: now,
        hidden: hiding(),
        state: "open",
        filled: 0,
        value: 0,
      };
      state.orders.push(order);
      let left = request.reduceOnly ? Math.min(request.quantity, closing) : request.quantity;
      for (const level of book) {
        if (left <= 0 || !good(level[0])) break;
        const part = tidy(Math.min(left, level[1]));
        if (part <= 0) continue;
        left = tidy(left - part);
        level[1] = tidy(level[1] - part);
        order.filled = tidy(order.filled + part);
        order.value += part * level[0];
        state.position = tidy(state.position + (request.side === "buy" ? part : -part));
        state.fills.push({ order, quantity: part, price: level[0], at: now });
      }
      if (order.filled === order.quantity) order.state = "filled";
      else if (order.tif === "IOC" || order.tif === "FOK") order.state = "cancelled";
      return order;
    },
    cancel(id) {
      const order = state.orders.find((one) => one.id === id && one.state === "open");
      if (order) Object.assign(order, { state: "cancelled", updatedAt: Date.now() });
      return order;
    },
    silence(ms) {
      if (![...state.armed.values()].some((time) => time <= ms)) return;
      for (const { id } of state.orders) state.cancel(id);
    },
  };
  return state;
}

/** Starts a venue's fake on a free loopback port. */
export async function openFake(venue: FakeVenue): Promise<FakeExchange> {
  let [hiding, shown, placing] = [false, true, 0];
  const waiting: { kind: CallKind; fault: FakeFault }[] = [];
  const strangers: string[] = [];
  const hosts = new Set<string>();
  const headers: IncomingHttpHeaders = {};
  const fresh = (): FakeState =>
    openState(
      venue.enforcesIds,
      () => hiding,
      () => shown,
    );
  let state = fresh();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      Object.assign(headers, request.headers);
      hosts.add(String(request.headers["x-meant-for"]));
      const url = new URL(request.url ?? "/", "http://fake");
      const params = { ...Object.fromEntries(url.searchParams), ...bodyOf(Buffer.concat(chunks).toString("utf8")) };
      const found = venue.routes[`${request.method} ${url.pathname}`];
      if (!found) {
        strangers.push(`${request.method} ${url.pathname}`);
        answer(response, 404, '{"message":"not served by this fake"}');
        return;
      }
      const route = typeof found === "function" ? found(params) : found;
      if (route.kind === "place") placing += 1;
      const at = waiting.findIndex((one) => one.kind === route.kind);
      const fault = at < 0 ? undefined : waiting.splice(at, 1)[0]?.fault;
      if (fault === "drop") {
        request.socket.destroy();
        return;
      }
      if (fault === "rate-limited" || fault === "unavailable") {
        const { status, body } = fault === "unavailable" ? venue.unavailable : venue.rateLimited;
        answer(response, status, JSON.stringify(body));
        return;
      }
      try {
        const json = JSON.stringify(route.answer(params, state));
        if (fault === "accept-then-hang") return;
        if (fault === "malformed") answer(response, 200, "<html>oops</html>");
        else answer(response, 200, fault === "wrong-symbol" ? venue.mislead(json) : json);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (fault === "malformed") answer(response, 200, "<html>oops</html>");
        else answer(response, error.status, JSON.stringify(error.body));
      }
    });
  });
  const streams = servePrivateStreams(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state: () => state,
    reset: () => {
      state = fresh();
      waiting.length = 0;
      [hiding, shown, placing] = [false, true, 0];
    },
    headers,
    hosts,
    strangers,
    streams,
    fail: (kind, fault) => waiting.push({ kind, fault }),
    hideNewOrders: () => {
      [hiding, shown] = [true, false];
    },
    showNewOrders: () => {
      shown = true;
    },
    taken: (clientOrderId) => state.orders.filter((one) => one.clientOrderId === clientOrderId).length,
    placingRequests: () => placing,
    close: async () => {
      streams.cut();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body);
}

function bodyOf(text: string): Params {
  if (text === "") return {};
  if (!text.startsWith("{") && !text.startsWith("[")) return Object.fromEntries(new URLSearchParams(text));
  const value = JSON.parse(text) as unknown;
  return Array.isArray(value) ? { list: value } : (value as Params);
}

/** The average price of what an order filled. */
export const average = (order: FakeOrder): number => (order.filled > 0 ? tidy(order.value / order.filled) : 0);

/** A field of a request as text. */
export const asked = (params: Params, key: string): string => {
  const value = params[key];
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
};
