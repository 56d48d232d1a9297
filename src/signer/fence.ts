import net from "node:net";
import { DeskError } from "../kernel/errors.ts";

/** Somewhere that may be reached. */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

interface Options {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string | null;
}

/** What `net.Socket.connect` is called with, in all of its forms. */
function destinationOf(args: readonly unknown[]): Options {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (typeof first === "object" && first !== null) return first;
  if (typeof first === "string" && !/^\d+$/.test(first)) return { path: first };
  return { port: Number(first), host: typeof second === "string" ? second : "localhost" };
}

/**
 * Makes every connection of this process to anything but these destinations an error, whichever library asks: HTTP, TLS and
 * streams all pass this one method of Node's. Local sockets by path are refused as well.
 * @returns what takes the fence away
 */
export function raiseFence(allowed: readonly Destination[], onRefused: (where: string) => void): () => void {
  const gates = new Set(allowed.map((one) => `${one.host}:${one.port}`));
  const connect = net.Socket.prototype.connect;
  const guarded = function (this: net.Socket, ...args: unknown[]): net.Socket {
    const { host = "localhost", port, path } = destinationOf(args);
    const where = path ? path : `${host}:${Number(port)}`;
    if (!gates.has(where)) {
      onRefused(where);
      throw new DeskError(
        "NOT_ALLOWED",
        `the signer may not reach ${where}; it reaches ${[...gates].join(", ") || "nothing"}`,
      );
    }
    return Reflect.apply(connect, this, args) as net.Socket;
  };
  net.Socket.prototype.connect = guarded;
  return () => {
    net.Socket.prototype.connect = connect;
  };
}
