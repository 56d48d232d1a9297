import type { AccessAction } from "../kernel/access.ts";
import { utcMinute } from "../kernel/utc.ts";

/** What a venue says of the API key that an account is reached with; null where it does not say. */
export interface KeyRights {
  readonly withdraws: boolean | null;
  /** Whether the key works from named network addresses only. */
  readonly addressBound: boolean | null;
  /** Everything that it may do, in the venue's own words. */
  readonly rights: readonly string[] | null;
  /** Network addresses or ranges that it works from; empty where it works from any. */
  readonly addresses: readonly string[] | null;
  /** When it ends by itself; null also where it does not. */
  readonly expiresAt: Date | null;
  /** Other keys of the same account, by the venue's names for them. */
  readonly others: readonly string[] | null;
}

/** Something that is otherwise than at the last reading. */
export interface KeyChange {
  readonly action: Extract<AccessAction, "key-created" | "key-changed" | "key-addresses" | "key-deleted">;
  /** What changed, in words. */
  readonly what: string;
}

/** A key is told of this long before it ends. */
const WARNED_MS = 14 * 86_400_000;

/** What is dangerous in a key, one clause for people each; empty where nothing is known to be. */
export function keyProblems({
  withdraws,
  addressBound,
}: Pick<KeyRights, "withdraws" | "addressBound">): readonly string[] {
  return [
    ...(withdraws === true ? ["it can withdraw"] : []),
    ...(addressBound === false ? ["it works from any network address"] : []),
  ];
}

/** When the key ends, where that is two weeks away or less; null where it is not, or nobody says. */
export const endsSoon = ({ expiresAt }: Pick<KeyRights, "expiresAt">, now: Date): Date | null =>
  expiresAt !== null && expiresAt.getTime() - now.getTime() <= WARNED_MS ? expiresAt : null;

const less = (all: readonly string[], other: readonly string[]): readonly string[] =>
  all.filter((one) => !other.includes(one));

function listChange(before: readonly string[] | null, now: readonly string[] | null): string {
  // What the venue did not say, this time or the last, is no change.
  if (before === null || now === null) return "";
  const [added, gone] = [less(now, before), less(before, now)];
  return [
    ...(added.length > 0 ? [`added ${added.join(", ")}`] : []),
    ...(gone.length > 0 ? [`taken away ${gone.join(", ")}`] : []),
  ].join("; ");
}

const flagChange = (what: string, before: boolean | null, now: boolean | null): readonly string[] =>
  before === null || now === null || before === now ? [] : [`${now ? "now" : "no longer"} ${what}`];

const dayOrNever = (at: Date | null): string => (at === null ? "never" : utcMinute(at));

/** What differs between two readings of a key, most telling first; empty where nothing does. */
export function keyChanges(before: KeyRights, now: KeyRights): readonly KeyChange[] {
  const rights = [
    ...flagChange("able to withdraw", before.withdraws, now.withdraws),
    ...[listChange(before.rights, now.rights)].filter((one) => one !== "").map((one) => `rights: ${one}`),
    ...(before.expiresAt?.getTime() === now.expiresAt?.getTime()
      ? []
      : [`ends ${dayOrNever(now.expiresAt)}, before ${dayOrNever(before.expiresAt)}`]),
  ];
  const listed = listChange(before.addresses, now.addresses);
  const addresses = [
    ...flagChange("bound to addresses", before.addressBound, now.addressBound),
    ...(listed === "" ? [] : [`addresses: ${listed}`]),
  ];
  const [made, gone] =
    before.others === null || now.others === null
      ? [[], []]
      : [less(now.others, before.others), less(before.others, now.others)];
  return [
    ...(addresses.length > 0 ? [{ action: "key-addresses" as const, what: addresses.join("; ") }] : []),
    ...(rights.length > 0 ? [{ action: "key-changed" as const, what: rights.join("; ") }] : []),
    ...made.map((one) => ({ action: "key-created" as const, what: one })),
    ...gone.map((one) => ({ action: "key-deleted" as const, what: one })),
  ];
}
