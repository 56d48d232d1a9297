import type { Server } from "node:http";
import { type Peer, serveWebSockets } from "../websocket.ts";

/** The private streams of a fake exchange, all venues' sign-ins spoken. */
export interface PrivateStreams {
  /** Connections that are open. */
  open(): number;
  /** What clients subscribed to since the last reset, in order. */
  readonly subscribed: string[];
  /** Times a client signed in. */
  signedIn(): number;
  /** Sends one message to every open connection. */
  push(message: unknown): void;
  /** Cuts every connection without a word. */
  cut(): void;
}

interface Asked {
  readonly op?: string;
  readonly event?: string;
  readonly feed?: string;
  readonly subscription?: { readonly type: string };
  readonly id?: number;
  readonly req_id?: string;
  readonly method?: string;
  readonly args?: readonly unknown[];
  readonly params?: { readonly channels?: readonly string[] };
}

/**
 * Adds private streams to the fake's server: Bybit's and OKX's `op`, Deribit's JSON-RPC, Kraken Futures' challenge,
 * Hyperliquid's subscriptions by address, and Binance's listen key in the path.
 */
export function servePrivateStreams(server: Server): PrivateStreams {
  const peers = new Set<Peer>();
  const subscribed: string[] = [];
  let signedIn = 0;
  const answer = (asked: Asked): unknown => {
    const { op, event, feed, id, req_id, method, args = [], params, subscription } = asked;
    if (event === "challenge") {
      signedIn += 1;
      return { event, message: "226aee50-88fc-4618-a42a-34f7709570b2" };
    }
    if (event === "subscribe" && feed !== undefined) {
      subscribed.push(feed);
      return { event: "subscribed", feed };
    }
    if (method === "subscribe" && subscription) {
      subscribed.push(subscription.type);
      return { channel: "subscriptionResponse", data: { method, subscription } };
    }
    if (op === "auth") {
      signedIn += 1;
      return { success: true, ret_msg: "", op: "auth", conn_id: "fake" };
    }
    if (op === "login") {
      signedIn += 1;
      return { event: "login", code: "0", msg: "", connId: "fake" };
    }
    if (op === "subscribe") {
      subscribed.push(...args.map((one) => (typeof one === "string" ? one : (one as { channel: string }).channel)));
      return typeof args[0] === "string"
        ? { success: true, ret_msg: "", op: "subscribe", req_id, conn_id: "fake" }
        : { event: "subscribe", arg: args[0], connId: "fake" };
    }
    if (method === "public/auth") {
      signedIn += 1;
      return { jsonrpc: "2.0", id, result: { access_token: "fake", expires_in: 900, token_type: "bearer" } };
    }
    if (method === "private/subscribe") {
      subscribed.push(...(params?.channels ?? []));
      return { jsonrpc: "2.0", id, result: params?.channels };
    }
    return undefined;
  };
  serveWebSockets(server, (request) => (peer) => {
    peers.add(peer);
    if (request.url?.includes("listen-key")) signedIn += 1;
    peer.onClose = () => peers.delete(peer);
    peer.onText = (text) => {
      if (text === "ping") peer.send("pong");
      else {
        const reply = answer(JSON.parse(text) as Asked);
        if (reply !== undefined) peer.send(JSON.stringify(reply));
      }
    };
  });
  return {
    open: () => peers.size,
    subscribed,
    signedIn: () => signedIn,
    push: (message) => {
      for (const peer of peers) peer.send(JSON.stringify(message));
    },
    cut: () => {
      for (const peer of peers) peer.cut();
    },
  };
}
