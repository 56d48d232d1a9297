import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { type Networks, plainAddress } from "./networks.ts";

/** Groups of an IPv6 address that name the network; one customer has all that follow. */
const NETWORK_GROUPS = 4;

/** An IPv6 address by its network, so that one sender is not 2^64 of them; IPv4 as it is. */
function network(address: string): string {
  if (isIP(address) !== 6) return address;
  // The platform writes every form of one address alike: "[2001:db8::1]".
  const short = new URL(`http://[${address.split("%")[0]}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = short.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = short.includes("::") ? Array.from({ length: 8 - head.length - tail.length }, () => "0") : [];
  return `${[...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

/**
 * Who sent a request: the socket's other end, or, where that is a proxy of ours, the last address in x-forwarded-for that is none.
 * What stands before it was written by whoever asked. Empty where it is not known.
 */
export function peerOf(
  incoming: IncomingMessage | undefined,
  forwardedFor: string | null | undefined,
  proxies: Networks,
): string {
  const hops = (forwardedFor ?? "").split(",");
  let peer = plainAddress(incoming?.socket.remoteAddress);
  while (proxies.has(peer)) {
    const before = plainAddress(hops.pop());
    if (before === "") break;
    peer = before;
  }
  return peer;
}

/** The same, for counting what a sender fails: IPv6 by its network. */
export const senderOf = (...request: Parameters<typeof peerOf>): string => network(peerOf(...request));
