import type { AccountState } from "../kernel/account.ts";
import type { Ratio } from "../kernel/decimal.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Db } from "../db/client.ts";
import type { VenueReader } from "../venues/venue.ts";
import { type Estimates, estimatesOf } from "./estimates.ts";
import { type FundingDue, readFunding } from "./funding.ts";
import { type GreeksReport, greeksReport } from "./greeks.ts";
import type { HedgeProposal, Hedger } from "./hedger.ts";
import { type Reading, readHoldings } from "./holdings.ts";
import { recordedMarks } from "./recorded.ts";
import { type BookRisk, type RiskReport, type Volatilities, bookRisk, riskReport } from "./risk.ts";
import { type ExpirySmile, readSmiles } from "./smile.ts";

/** Volatility of one asset as the desk can know it. */
export interface VolatilityReport {
  readonly asset: string;
  /** The instrument whose marks were recorded; null where none was. */
  readonly symbol: string | null;
  readonly estimates: Estimates;
  /** Where the smiles were read; null where no account's venue lists options of it. */
  readonly venue: string | null;
  readonly smiles: readonly ExpirySmile[];
}

/** An account that did not answer. */
interface Silence {
  readonly account: string;
  readonly why: string;
}

/** Every account's book, read once. */
export interface Overview {
  readonly greeks: GreeksReport;
  /** Of the accounts that answered; without what must be simulated. */
  readonly books: readonly BookRisk[];
  readonly silent: readonly Silence[];
}

/** What the desk can say of its books: read now, sent nowhere. */
export interface ExposureReader {
  /** Of one account, or of all that answer. @throws DeskError as the venue's reads do, for one named account */
  greeks(account?: string): Promise<GreeksReport>;
  volatility(asset: string): Promise<VolatilityReport>;
  risk(account?: string): Promise<readonly RiskReport[]>;
  /** Greeks, stress and liquidation of all accounts by one reading of their books, cheap enough to be repeated while somebody looks. */
  overview(): Promise<Overview>;
  /** What perpetual positions pay when funding is next due, of every account that answers; who does not is said. */
  funding(): Promise<{ readonly due: readonly FundingDue[]; readonly silent: readonly string[] }>;
  /** The hedge that `/hedge` would plan now, with its reasons. */
  hedge(account: string, asset: string, share: Ratio): Promise<HedgeProposal>;
}

/** What reading exposures stands on. */
export interface ExposureParts {
  readonly db: Db;
  readonly accounts: readonly string[];
  readonly readerOf: (account: string) => Promise<VenueReader>;
  readonly hedger: Hedger;
  readonly collarBps: number;
}

/** An expiry at least this far off gives the volatility of the next days without the noise of the last one. */
const SHORTEST_YEARS = 2 / 365;

interface Read {
  readonly reader: VenueReader;
  readonly state: AccountState;
  readonly reading: Reading;
}

/** Opens the reader of exposures. */
export function openExposure(parts: ExposureParts): ExposureReader {
  const { db, accounts, readerOf } = parts;

  const readOne = async (account: string): Promise<Read> => {
    if (!accounts.includes(account))
      throw new DeskError("UNKNOWN_ACCOUNT", `there is no account ${account}; known are ${accounts.join(", ")}`);
    const reader = await readerOf(account);
    const state = await reader.account(account);
    return { reader, state, reading: await readHoldings(reader, state) };
  };
  /** Of one outcome for each account: which could not be read, and why. */
  const silentOnes = (settled: readonly PromiseSettledResult<unknown>[]): Silence[] =>
    settled.flatMap((one, at) =>
      one.status === "rejected" ? [{ account: accounts[at] ?? "", why: messageOf(one.reason) }] : [],
    );
  const said = ({ account, why }: Silence): string => `${account} could not be read: ${why}.`;
  /** One named account, or every one that answers; those that do not are said. */
  const read = async (account: string | undefined): Promise<{ reads: readonly Read[]; silent: readonly Silence[] }> => {
    if (account !== undefined) return { reads: [await readOne(account)], silent: [] };
    const settled = await Promise.allSettled(accounts.map(readOne));
    return {
      reads: settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
      silent: silentOnes(settled),
    };
  };

  /** At the money where the venue has options, else from recorded marks. */
  const volatilityOf = async (
    reader: VenueReader,
    asset: string,
    at: Date,
  ): Promise<{ sigma: Ratio; from: string } | null> => {
    const [smile] = await readSmiles(reader, asset, at, { expiries: 2, strikes: 2, shortestYears: SHORTEST_YEARS });
    if (smile) return { sigma: smile.atm, from: `options of ${smile.expiryAt.toISOString().slice(0, 10)}` };
    const { points } = await recordedMarks(db, asset);
    // Closes are closes however seldom the mark is read; highs and lows are only as good as the looks between them.
    const found = estimatesOf(points).estimates.find((one) => one.name === "close to close")?.sigma;
    return found ? { sigma: found, from: "recorded marks" } : null;
  };

  const volatilitiesOf = async ({ reader, state, reading }: Read): Promise<Volatilities> => {
    const found: [string, { sigma: Ratio; from: string }][] = [];
    for (const asset of reading.indexes.keys()) {
      const volatility = await volatilityOf(reader, asset, state.at);
      if (volatility) found.push([asset, volatility]);
    }
    return new Map(found);
  };

  return {
    async greeks(account) {
      const { reads, silent } = await read(account);
      const report = greeksReport(reads.map((one) => one.reading));
      return { ...report, notes: [...report.notes, ...silent.map(said)] };
    },

    async volatility(asset) {
      const { symbol, points } = await recordedMarks(db, asset);
      let failure: unknown;
      for (const account of accounts) {
        try {
          const reader = await readerOf(account);
          const smiles = await readSmiles(reader, asset, (await reader.account(account)).at);
          if (smiles.length > 0) return { asset, symbol, estimates: estimatesOf(points), venue: reader.venue, smiles };
        } catch (error) {
          // Another account's venue may list the same options.
          failure ??= error;
        }
      }
      if (failure !== undefined) throw failure;
      return { asset, symbol, estimates: estimatesOf(points), venue: null, smiles: [] };
    },

    async risk(account) {
      const { reads } = await read(account);
      return Promise.all(reads.map(async (one) => riskReport(one.reading, one.state, await volatilitiesOf(one))));
    },

    async overview() {
      const settled = await Promise.allSettled(
        accounts.map(async (account) => {
          const one = await readOne(account);
          return { reading: one.reading, book: bookRisk(one.reading, one.state, await volatilitiesOf(one)) };
        }),
      );
      const answered = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      return {
        greeks: greeksReport(answered.map(({ reading }) => reading)),
        books: answered.map(({ book }) => book),
        silent: silentOnes(settled),
      };
    },

    async funding() {
      const settled = await Promise.allSettled(
        accounts.map(async (account) => {
          const reader = await readerOf(account);
          return readFunding(reader, await reader.account(account));
        }),
      );
      return {
        due: settled.flatMap((one) => (one.status === "fulfilled" ? one.value : [])),
        silent: silentOnes(settled).map(said),
      };
    },

    async hedge(account, asset, share) {
      const { reader, state } = await readOne(account);
      return parts.hedger.hedge({ reader, state, asset, share, collarBps: parts.collarBps });
    },
  };
}
