import { and, eq, gt, ne, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { accountStates, approvals, incidents, orders, tradingStates } from "../../db/schema.ts";
import type { ExposureReader } from "../../exposure/exposure.ts";
import type { AccountState } from "../../kernel/account.ts";
import type { Clock } from "../../kernel/clock.ts";
import {
  type Decimal,
  type Usd,
  ZERO,
  abs,
  add,
  compare,
  div,
  grouped,
  less,
  mul,
  percent,
  places,
  sign,
  sub,
  sum,
} from "../../kernel/decimal.ts";
import { spanOf } from "../../kernel/duration.ts";
import { type LimitUse, isUsed } from "../../policy/judging/limits-used.ts";
import { utcMinute } from "../../kernel/utc.ts";

function nearestOf(state: AccountState): string {
  const shares = state.positions.flatMap((one) =>
    one.liquidationPrice === null
      ? []
      : [Number(div(abs(sub(one.markPrice, one.liquidationPrice)), one.markPrice, 4, "half-even"))],
  );
  return shares.length === 0 ? "unknown" : `${(Math.min(...shares) * 100).toFixed(1)} %`;
}

function deltaLines(states: readonly AccountState[]): string[] {
  const byAsset = new Map<string, { delta: Decimal; usd: Decimal }>();
  for (const position of states.flatMap((state) => state.positions)) {
    const asset = position.symbol.split("/")[0] ?? position.symbol;
    const before = byAsset.get(asset) ?? { delta: ZERO, usd: ZERO };
    byAsset.set(asset, { delta: add(before.delta, position.delta), usd: add(before.usd, position.notionalUsd) });
  }
  return [...byAsset]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([asset, one]) => `  ${asset}: delta ${places(one.delta, 3, "half-even")}, gross ${grouped(one.usd, 0)} USD`);
}

/** More limits than these are in /limits. */
const LIMITS_SHOWN = 5;
/** More legs of an account's funding than these are only counted. */
const LEGS_SHOWN = 4;

function limitLines(limits: readonly LimitUse[]): string[] {
  const used = limits.filter(isUsed).slice(0, LIMITS_SHOWN);
  if (used.length === 0) return ["  nothing is used"];
  return used.map(
    (one) =>
      `  ${one.scope}: ${percent(one.usedRatio)} of ${grouped(one.max, 0)} ${one.measure} in ${one.window} (${one.from})`,
  );
}

/** Funding of the desk's perpetuals as the venues say it now. */
export type FundingNow = Awaited<ReturnType<ExposureReader["funding"]>>;

const coin = (symbol: string): string => symbol.split(":")[0] ?? symbol;

/** "pays 64 USD", "receives 12 USD": small sums keep their cents. */
function flow(dueUsd: Usd): string {
  const digits = less(abs(dueUsd), "10" as Usd) ? 2 : 0;
  return `${sign(dueUsd) < 0 ? "receives" : "pays"} ${grouped(abs(dueUsd), digits)} USD`;
}

const bps = (rate: Decimal): string => `${grouped(mul(rate, "10000" as Decimal), 2)} bps`;

/** Each account's next payment, its largest legs beside it. */
function fundingLines({ due, silent }: FundingNow): string[] {
  const accounts = [...new Set(due.map((one) => one.account))];
  const lines = accounts.map((account) => {
    const legs = due
      .filter((one) => one.account === account)
      .toSorted((a, b) => compare(abs(b.dueUsd ?? ZERO), abs(a.dueUsd ?? ZERO)));
    const known = legs.flatMap((one) => (one.dueUsd === null ? [] : [one.dueUsd]));
    const shown = legs
      .slice(0, LEGS_SHOWN)
      .map((one) =>
        one.rate === null || one.dueUsd === null
          ? `${coin(one.symbol)} unknown`
          : `${coin(one.symbol)} at ${bps(one.rate)} ${flow(one.dueUsd)}`,
      );
    const more = legs.length - shown.length;
    return `  ${account} ${flow(sum(known))}: ${shown.join(", ")}${more > 0 ? `, ${more} more` : ""}`;
  });
  return [
    ...(due.length === 0 && silent.length === 0 ? ["  no perpetual is held"] : lines),
    ...silent.map((one) => `  ${one}`),
  ];
}

/** The whole digest as text: what stands, who waits for whom, and what is used and due. */
export async function digestText(
  db: Db,
  clock: Clock,
  limits: readonly LimitUse[],
  funding: FundingNow,
): Promise<string> {
  const [states, open, frozen, pending, sent] = await Promise.all([
    db.select().from(accountStates).orderBy(accountStates.account),
    db.select().from(incidents).where(ne(incidents.status, "resolved")).orderBy(incidents.seq),
    db.select().from(tradingStates).where(ne(tradingStates.state, "active")),
    db
      .select()
      .from(approvals)
      .where(and(eq(approvals.state, "pending"), gt(approvals.expiresAt, sql`now()`))),
    db
      .select({ usd: sql<string>`coalesce(sum(${orders.notionalUsd}), 0)`, count: sql<string>`count(*)` })
      .from(orders)
      .where(gt(orders.intendedAt, sql`now() - interval '24 hours'`)),
  ]);
  const lines = [
    `Risk digest, ${utcMinute(clock.now())} UTC`,
    "",
    "Accounts",
    ...(states.length === 0 ? ["  none has reported"] : []),
    ...states.map(({ state, receivedAt }) => {
      const ageMs = clock.now().getTime() - receivedAt.getTime();
      const ratio = state.marginRatio === null ? "unknown" : percent(state.marginRatio);
      return `  ${state.account}: equity ${grouped(state.equityUsd, 0)} USD, margin ratio ${ratio}, to liquidation ${nearestOf(state)}, as of ${spanOf(Math.max(0, ageMs))} ago`;
    }),
    "",
    "Exposure",
    ...deltaLines(states.map((one) => one.state)),
    "",
    "Funding, next payment at the rate of now",
    ...fundingLines(funding),
    "",
    "Limits used",
    ...limitLines(limits),
    "",
    `Open incidents: ${open.length === 0 ? "none" : open.map((one) => `${one.id} ${one.severity} ${one.title}`).join("; ")}`,
    `Freezes: ${frozen.length === 0 ? "none" : frozen.map((one) => `${one.scope} ${one.state} by ${one.setBy}: ${one.reason}`).join("; ")}`,
    `Plans waiting for people: ${pending.length}`,
    `Orders in 24 h: ${sent[0]?.count ?? 0} for ${grouped((sent[0]?.usd ?? "0") as Decimal, 0)} USD`,
  ];
  return lines.join("\n");
}
