import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { NOBODY, networksOf } from "../../src/kernel/networks.ts";
import { peerOf, senderOf } from "../../src/kernel/peer.ts";

const PROXIES = networksOf(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]);
const from = (remoteAddress?: string): IncomingMessage => ({ socket: { remoteAddress } }) as unknown as IncomingMessage;

describe("whose try a request is", () => {
  test("without a proxy the socket's address counts, whatever the header says", () => {
    expect(senderOf(from("192.0.2.7"), "198.51.100.1", NOBODY)).toBe("192.0.2.7");
    expect(senderOf(from("::ffff:192.0.2.7"), undefined, NOBODY)).toBe("192.0.2.7");
    expect(senderOf(undefined, undefined, NOBODY)).toBe("");
  });

  test("behind a proxy the address that it saw counts, which is the last; what a stranger wrote before it does not", () => {
    expect(senderOf(from("127.0.0.1"), "198.51.100.1", PROXIES)).toBe("198.51.100.1");
    expect(senderOf(from("127.0.0.1"), "203.0.113.9, 198.51.100.1", PROXIES)).toBe("198.51.100.1");
    expect(senderOf(from("127.0.0.1"), "203.0.113.9 ,\t2001:db8:1:2::99", PROXIES)).toBe("2001:db8:1:2::/64");
  });

  test.each([
    ["from beside the proxy", "203.0.113.9", "10.1.1.1", "203.0.113.9"],
    ["with a list of our proxies", "10.0.0.1", "10.0.0.2, 127.0.0.1", "10.0.0.2"],
    ["with its own address before that of the proxy", "10.0.0.1", "192.0.2.1, 198.51.100.1", "198.51.100.1"],
    ["through two proxies", "10.0.0.1", "192.0.2.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"],
    ["with junk before it", "10.0.0.1", "10.9.9.9, junk, 198.51.100.1", "198.51.100.1"],
    ["with junk at the end", "10.0.0.1", "198.51.100.1, junk", "10.0.0.1"],
    ["over IPv6, written as IPv4", "::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"],
    ["over IPv6", "fd00::1", "2001:db8::7", "2001:db8::7"],
  ])(
    "a forged header %s decides nothing: the last address that is no proxy of ours counts",
    (_, socket, header, peer) => {
      expect(peerOf(from(socket), header, PROXIES)).toBe(peer);
    },
  );

  test.each([undefined, "", "unknown", "_hidden", "198.51.100.1:4711", "198.51.100.1,", "a".repeat(10_000)])(
    "a header %j that names no address leaves the socket's",
    (header) => {
      expect(senderOf(from("10.0.0.1"), header, PROXIES)).toBe("10.0.0.1");
    },
  );

  test.each([
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002:ffff::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ])("an IPv6 address %s counts as its network %s: one customer has 2^64 of them", (address, network) => {
    expect(senderOf(from(address), undefined, NOBODY)).toBe(network);
  });
});
