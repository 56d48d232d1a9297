import net from "node:net";
import type { DuplexOptions } from "node:stream";

/** Where a server may be, as the driver names it: a path, or hosts with their ports. */
interface Place {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | undefined | false;
}

/** Above this many bytes the driver holds further statements back; a batch of alerts is larger than Node's 16 KiB. */
const HIGH_WATER_BYTES = 1 << 20;

/**
 * Makes the driver's sockets (postgres.js README, "Custom socket"): what it writes in one turn of the event loop leaves
 * as one message. The driver itself sends each statement above a kilobyte alone, and every message wakes the server,
 * which costs more than most of what is asked. With several hosts each attempt goes to the next, as the driver does.
 * @param socketFile connects there in place of the hosts
 * @returns what the driver's `socket` option takes; the socket is still connecting and reports failure by its events
 */
export function sockets(socketFile: string | null = null): (place: Place) => net.Socket {
  let attempt = 0;
  return ({ host, port, path: named }) => {
    const path = socketFile ?? named;
    const settings: net.SocketConstructorOpts & DuplexOptions = { writableHighWaterMark: HIGH_WATER_BYTES };
    const socket = new net.Socket(settings);
    const which = attempt++ % host.length;
    const name = host[which] ?? "";
    if (path) socket.connect(path);
    else socket.connect(port[which] ?? 0, name);
    // Only now: to connect sets this method back.
    const write: (...chunk: unknown[]) => boolean = socket.write.bind(socket) as never;
    socket.write = (...chunk: unknown[]): boolean => {
      if (socket.writableCorked === 0) {
        socket.cork();
        process.nextTick(() => socket.uncork());
      }
      return write(...chunk);
    };
    // The driver's TLS reads the name to verify from here.
    return Object.assign(socket, { host: name });
  };
}
