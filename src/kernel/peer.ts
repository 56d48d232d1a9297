import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** Groups of an IPv6 address that name the network; one customer has all that follow. */
const NETWORK_GROUPS = 4;

/** An IPv6 address by its network, so that one sender is not 2^64 of them; IPv4 as it is, also where it is written as IPv6. */
function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (isIP(plain) !== 6) return plain;
  // The platform writes every form of one address alike: "[2001:db8::1]".
  const short = new URL(`http://[${plain.split("%")[0]}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = short.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = short.includes("::") ? Array.from({ length: 8 - head.length - tail.length }, () => "0") : [];
  return `${[...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

/**
 * Who sent a request, for counting what they fail. Behind a proxy every connection comes from it, and the address it saw is
 * the last of x-forwarded-for: what stands before was written by whoever asked. Not for deciding who may enter: where the
 * port can be reached beside the proxy, the header is anybody's.
 */
export function senderOf(
  incoming: IncomingMessage | undefined,
  forwardedFor: string | null | undefined,
  behindProxy: boolean,
): string {
  const seen = behindProxy ? (forwardedFor ?? "").split(",").at(-1)?.trim() : undefined;
  const peer = incoming?.socket.remoteAddress ?? "";
  return network(seen !== undefined && isIP(seen) !== 0 ? seen : peer);
}
