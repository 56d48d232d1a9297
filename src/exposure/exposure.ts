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
import { type RiskReport, type Volatilities, riskReport } from "./risk.ts";
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

/** What the desk can say of its books: read now, sent nowhere. */
export interface ExposureReader {
  /** Of one account, or of all that answer. @throws DeskError as the venue's reads do, for one named account */
  greeks(account?: string): Promise<GreeksReport>;
  volatility(asset: string): Promise<VolatilityReport>;
  risk(account?: string): Promise<readonly RiskReport[]>;
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
const SHORTEST_DAYS = 2;

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
  const silentOnes = (settled: readonly PromiseSettledResult<unknown>[]): string[] =>
    settled.flatMap((one, at) =>
      one.status === "rejected" ? [`${accounts[at] ?? ""} could not be read: ${messageOf(one.reason)}.`] : [],
    );
  /** One named account, or every one that answers; those that do not are said. */
  const read = async (account: string | undefined): Promise<{ reads: readonly Read[]; silent: readonly string[] }> => {
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
    const smiles = await readSmiles(reader, asset, at, { expiries: 2, strikes: 2 });
    const smile = smiles.find((one) => Number(one.days) >= SHORTEST_DAYS);
    if (smile) return { sigma: smile.atm, from: `options of ${smile.expiryAt.toISOString().slice(0, 10)}` };
    const { points } = await recordedMarks(db, asset);
    const found = estimatesOf(points).estimates.find((one) => one.name === "Yang–Zhang")?.sigma;
    return found ? { sigma: found, from: "recorded marks" } : null;
  };

  return {
    async greeks(account) {
      const { reads, silent } = await read(account);
      const report = greeksReport(reads.map((one) => one.reading));
      return { ...report, notes: [...report.notes, ...silent] };
    },

    async volatility(asset) {
      const { symbol, points } = await recordedMarks(db, asset);
      for (const account of accounts) {
        const reader = await readerOf(account);
        const smiles = await readSmiles(reader, asset, (await reader.account(account)).at);
        if (smiles.length > 0) return { asset, symbol, estimates: estimatesOf(points), venue: reader.venue, smiles };
      }
      return { asset, symbol, estimates: estimatesOf(points), venue: null, smiles: [] };
    },

    async risk(account) {
      const { reads } = await read(account);
      return Promise.all(
        reads.map(async ({ reader, state, reading }) => {
          const found: [string, { sigma: Ratio; from: string }][] = [];
          for (const asset of reading.indexes.keys()) {
            const volatility = await volatilityOf(reader, asset, state.at);
            if (volatility) found.push([asset, volatility]);
          }
          const volatilities: Volatilities = new Map(found);
          return riskReport(reading, state, volatilities);
        }),
      );
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
        silent: silentOnes(settled),
      };
    },

    async hedge(account, asset, share) {
      const { reader, state } = await readOne(account);
      return parts.hedger.hedge({ reader, state, asset, share, collarBps: parts.collarBps });
    },
  };
}
