import { createHash } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/** One WebSocket connection as a server sees it, with every way to misbehave. */
export interface Peer {
  readonly url: string;
  readonly open: boolean;
  send(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  ping(): void;
  /** Closes politely. */
  close(code?: number, reason?: string): void;
  /** Cuts the line without a word. */
  cut(): void;
  /** Set false for a peer that goes silent: pings stay unanswered. */
  answersPings: boolean;
  onText: (text: string) => void;
  onClose: () => void;
}

const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? Buffer.from([0x80 | opcode, length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, 126, length >> 8, length & 255])
        : Buffer.concat([Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0]), uint32(length)]);
  return Buffer.concat([head, payload]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Splits what arrives into frames (RFC 6455, client frames are masked) and hands each on. */
function reader(handle: (opcode: number, payload: Buffer) => void): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      if (pending.length < 2) return;
      let length = (pending[1] as number) & 127;
      let at = 2;
      if (length === 126) {
        if (pending.length < 4) return;
        length = pending.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (pending.length < 10) return;
        length = Number(pending.readBigUInt64BE(2));
        at = 10;
      }
      if (pending.length < at + 4 + length) return;
      const mask = pending.subarray(at, at + 4);
      const payload = Buffer.from(pending.subarray(at + 4, at + 4 + length));
      for (let i = 0; i < length; i += 1) payload[i] = (payload[i] as number) ^ (mask[i % 4] as number);
      const opcode = (pending[0] as number) & 15;
      pending = pending.subarray(at + 4 + length);
      handle(opcode, payload);
    }
  };
}

function peerOn(url: string, socket: Duplex): Peer {
  let open = true;
  const write = (opcode: number, payload: Buffer): void => {
    if (open) socket.write(frame(opcode, payload));
  };
  const ended = (): void => {
    if (!open) return;
    open = false;
    peer.onClose();
  };
  const peer: Peer = {
    url,
    get open() {
      return open;
    },
    answersPings: true,
    onText: () => {},
    onClose: () => {},
    send: (text) => write(1, Buffer.from(text)),
    sendBinary: (bytes) => write(2, Buffer.from(bytes)),
    ping: () => write(9, Buffer.from("fake")),
    close(code = 1000, reason = "") {
      write(8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
      ended();
      socket.end();
    },
    cut() {
      ended();
      socket.destroy();
    },
  };
  socket.on(
    "data",
    reader((opcode, payload) => {
      if (opcode === 1) peer.onText(payload.toString());
      if (opcode === 9 && peer.answersPings) write(10, payload);
      if (opcode === 8) {
        write(8, payload.subarray(0, 2));
        ended();
        socket.end();
      }
    }),
  );
  socket.on("close", ended);
  socket.on("error", ended);
  return peer;
}

/**
 * Answers upgrades on a server; `accept` returns an HTTP status to refuse with, or takes the peer. Small on purpose:
 * a real library would not let itself be told to go silent or to send garbage.
 */
export function serveWebSockets(
  server: Server,
  accept: (request: IncomingMessage) => number | ((peer: Peer) => void),
): void {
  server.on("upgrade", (request, socket) => {
    const decision = accept(request);
    if (typeof decision === "number") {
      socket.end(`HTTP/1.1 ${decision} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const key = createHash("sha1")
      .update(request.headers["sec-websocket-key"] + MAGIC)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${key}\r\n\r\n`,
    );
    decision(peerOn(request.url ?? "/", socket));
  });
}
