import { BlockList, isIP } from "node:net";

/** A set of addresses and networks. */
export interface Networks {
  has(address: string | undefined): boolean;
  /** Whether the list was empty. */
  readonly none: boolean;
  /** Entries of the list that are neither an address nor a network. */
  readonly wrong: readonly string[];
}

/** An address as a socket or a header writes it, IPv4 also where it is written as IPv6; empty where it is none. */
export function plainAddress(text: string | undefined): string {
  const plain = (text ?? "").trim().replace(/^::ffff:(?=\d+\.)/i, "");
  return isIP(plain) === 0 ? "" : plain;
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 4 ? "ipv4" : "ipv6");

/** Reads a list such as ["10.0.0.0/8", "2001:db8::1"]. */
export function networksOf(list: readonly string[]): Networks {
  const known = new BlockList();
  const wrong: string[] = [];
  for (const one of list) {
    const [address = "", bits] = one.split("/");
    const most = isIP(address) === 4 ? 32 : 128;
    if (isIP(address) === 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits)) || Number(bits ?? 0) > most)
      wrong.push(one);
    else known.addSubnet(address, bits === undefined ? most : Number(bits), familyOf(address));
  }
  const none = list.length === 0;
  return {
    has(address) {
      const plain = none ? "" : plainAddress(address);
      return plain !== "" && known.check(plain, familyOf(plain));
    },
    none,
    wrong,
  };
}

/** The set that holds nobody. */
export const NOBODY = networksOf([]);
