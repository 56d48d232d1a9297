import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, type Faults, answerUnder, bodyOf, faults } from "../faults.ts";
import { type Peer, serveWebSockets } from "../websocket.ts";
import { METHODS } from "./methods.ts";
import { type Workspace, workspace } from "./state.ts";

/** What the program answered to an envelope, or null where it did not within the time. */
export type Ack = Readonly<Record<string, unknown>> | null;

/** A Slack on loopback: the Web API, Socket Mode, response addresses and uploads, with state and with faults. */
export interface FakeSlack {
  readonly url: string;
  readonly desk: Workspace;
  /** By method ("chat.postMessage"), "apps.connections.open" or "respond". */
  readonly faults: Faults;
  readonly sockets: Peer[];
  /** How new connections behave. */
  readonly manners: { hello: boolean; pongs: boolean };
  /** Delivers an envelope to one connection, as Slack does; `again` sends the same envelope twice. */
  deliver(type: string, payload: unknown, more?: { envelopeId?: string; withinMs?: number; on?: Peer }): Promise<Ack>;
  /** Sends `disconnect` to one connection, as every few hours. */
  refresh(socket?: Peer): void;
  close(): Promise<void>;
}

/** Starts it on a free port of loopback. */
export async function openFakeSlack(): Promise<FakeSlack> {
  const desk = workspace();
  const box = faults();
  const sockets: Peer[] = [];
  const manners = { hello: true, pongs: true };
  const waiting = new Map<string, (ack: Ack) => void>();
  /** Told to disconnect: Slack sends nothing more over these. */
  const leaving = new WeakSet<Peer>();
  let turn = 0;
  let envelopes = 0;

  const call = (method: string, args: Record<string, unknown>, base: string): Answer => {
    desk.calls.push({ method, args, at: performance.now() });
    if (desk.tokenError !== null) return { status: 200, body: { ok: false, error: desk.tokenError } };
    if (method === "apps.connections.open") {
      return {
        status: 200,
        body: { ok: true, url: `${base.replace("http", "ws")}/link/?ticket=${desk.calls.length}` },
      };
    }
    const handle = METHODS[method];
    return { status: 200, body: handle?.(desk, args, base) ?? { ok: false, error: "unknown_method" } };
  };

  const server: Server = createServer((request, response) => {
    void (async () => {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const path = new URL(request.url ?? "/", base).pathname;
      const body = await bodyOf(request);
      const [, kind, name = ""] = path.split("/");
      if (kind === "api") {
        await answerUnder(box.take(name), response, () => call(name, parseArgs(body.toString()), base));
      } else if (kind === "respond") {
        await answerUnder(box.take("respond"), response, () => {
          const said = JSON.parse(body.toString()) as { text: string; blocks: unknown[] };
          desk.ephemerals.push({ user: name, text: said.text, blocks: said.blocks });
          return { status: 200, body: { ok: true } };
        });
      } else if (kind === "upload") {
        await answerUnder(box.take("upload"), response, () => {
          desk.uploads.set(name, fileIn(request.headers["content-type"] ?? "", body));
          return { status: 200, body: "OK" };
        });
      } else response.writeHead(404).end();
    })();
  });

  serveWebSockets(server, () => (peer) => {
    peer.answersPings = manners.pongs;
    sockets.push(peer);
    peer.onClose = () => void sockets.splice(sockets.indexOf(peer), 1);
    peer.onText = (text) => {
      const frame = JSON.parse(text) as { envelope_id: string; payload?: Record<string, unknown> };
      waiting.get(frame.envelope_id)?.(frame.payload ?? {});
      waiting.delete(frame.envelope_id);
    };
    if (manners.hello) peer.send(JSON.stringify({ type: "hello", num_connections: sockets.length }));
  });

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    desk,
    faults: box,
    sockets,
    manners,
    deliver(type, payload, more = {}) {
      envelopes += 1;
      const envelope_id = more.envelopeId ?? `E${envelopes}`;
      const open = sockets.filter((socket) => socket.open && !leaving.has(socket));
      turn += 1;
      const socket = more.on ?? open[turn % Math.max(1, open.length)];
      if (socket === undefined) return Promise.resolve(null);
      return new Promise<Ack>((resolve) => {
        const late = setTimeout(() => resolve(null), more.withinMs ?? 3_000);
        waiting.set(envelope_id, (ack) => {
          clearTimeout(late);
          resolve(ack);
        });
        socket.send(JSON.stringify({ type, envelope_id, payload, accepts_response_payload: true }));
      });
    },
    refresh(socket = sockets[0]) {
      if (socket === undefined) return;
      leaving.add(socket);
      socket.send(JSON.stringify({ type: "disconnect", reason: "refresh_requested" }));
    },
    async close() {
      while (sockets.length > 0) sockets[0]?.cut();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** The SDK sends forms whose nested values are JSON. */
function parseArgs(body: string): Record<string, unknown> {
  if (body.startsWith("{")) return JSON.parse(body) as Record<string, unknown>;
  const args: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(body)) {
    args[name] = /^[[{]/.test(value) && name !== "text" ? (JSON.parse(value) as unknown) : value;
  }
  return args;
}

/** The bytes of the one file in a form, or the whole body where it is no form. */
function fileIn(type: string, body: Buffer): Buffer {
  const boundary = /boundary=(.+)$/.exec(type)?.[1];
  if (boundary === undefined) return body;
  const begin = body.indexOf("\r\n\r\n") + 4;
  return body.subarray(begin, body.lastIndexOf(`\r\n--${boundary}`));
}
