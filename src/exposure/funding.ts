import type { AccountState } from "../kernel/account.ts";
import { type Decimal, type Usd, abs, mul, neg, sign } from "../kernel/decimal.ts";
import type { VenueReader } from "../venues/venue.ts";

/** What one perpetual position pays when funding is next due, by the rate that holds now. */
export interface FundingDue {
  readonly account: string;
  readonly symbol: string;
  /** What longs pay shorts, as a ratio of notional for one interval; null where the venue does not say. */
  readonly rate: Decimal<"ratio"> | null;
  /** Paid by the account; negative is received. Null where the rate is unknown. */
  readonly dueUsd: Usd | null;
}

/** Next funding of an account's perpetual positions, in their order. @throws DeskError as the venue's reads do */
export async function readFunding(reader: VenueReader, state: AccountState): Promise<readonly FundingDue[]> {
  const instruments = await reader.instruments();
  const perpetuals = state.positions.filter((one) => instruments.get(one.symbol)?.kind === "perpetual");
  return Promise.all(
    perpetuals.map(async ({ symbol, quantity, notionalUsd }) => {
      const { fundingRate: rate } = await reader.book(symbol, 1);
      if (rate === null) return { account: state.account, symbol, rate: null, dueUsd: null };
      const paidByLong = mul<"usd">(abs(notionalUsd), rate);
      return {
        account: state.account,
        symbol,
        rate: rate as Decimal<"ratio">,
        dueUsd: sign(quantity) < 0 ? neg(paidByLong) : paidByLong,
      };
    }),
  );
}
