import net from "node:net";

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost|::ffff:127\.\d+\.\d+\.\d+)$/;

/**
 * Makes every connection to another machine an error for as long as it stands; what was tried is remembered.
 * A library that fell back to its default address would otherwise talk to the real platform.
 */
export function guardEgress(): { readonly tried: readonly string[]; release(): void } {
  const tried: string[] = [];
  const connect = net.Socket.prototype.connect;
  const guarded = function (this: net.Socket, ...args: unknown[]): net.Socket {
    const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as [unknown, unknown];
    const options = typeof first === "object" && first !== null ? (first as { host?: string; path?: string }) : {};
    const host = options.host ?? (typeof second === "string" ? second : "localhost");
    if (options.path === undefined && !LOOPBACK.test(host)) {
      tried.push(host);
      throw new Error(`a test tried to reach ${host}; only loopback is allowed`);
    }
    return Reflect.apply(connect, this, args) as net.Socket;
  };
  net.Socket.prototype.connect = guarded;
  return {
    tried,
    release: () => {
      net.Socket.prototype.connect = connect;
    },
  };
}
