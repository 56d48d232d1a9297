import type { RiskPart, RiskView } from "../../chat/console/rows/risk.ts";
import type { ExposureReader } from "../../exposure/exposure.ts";
import type { BookRisk } from "../../exposure/risk.ts";
import type { Clock } from "../../kernel/clock.ts";
import { abs, compare, isZero } from "../../kernel/decimal.ts";
import { messageOf } from "../../kernel/errors.ts";
import { deltaChart, fanChart, smileChart, stressChart, volatilityChart } from "./risk-charts.ts";

/** Faster than this nobody reads charts. */
const EVERY_MS = 5_000;
/** Reading rests this many times as long as it took: most of what the venues allow is left to the desk's own reads and orders. */
const REST = 5;
/** It rests no longer than this: a venue is slow just when an incident is on. */
const MOST_MS = 60_000;
/** A venue is asked for some thirty books a coin. */
const MOST_ASSETS = 6;

type Reads = Pick<ExposureReader, "overview" | "volatility">;
type Fresh = Pick<RiskPart, "key" | "title" | "charts" | "notes">;
/** A part that could not be read now. */
type Missed = Pick<RiskPart, "key" | "title"> & { readonly why: string };

const ASSET = "asset-";
const accountKey = (account: string) => ({ key: `account-${account}`, title: account });
const assetKey = (asset: string) => ({ key: `${ASSET}${asset}`, title: `${asset} volatility` });

/** The desk's books as charts. */
export interface LiveRisk {
  /** The charts as they stand; of books read now only where the last reading has rested long enough. */
  read(): Promise<RiskView>;
}

/**
 * Opens the charts of the Risk page. One reading serves everybody who looks, and nothing is read while nobody asks. What
 * cannot be read stays as it was, with the time it was of and the reason.
 */
export function openRiskView(exposure: Reads, clock: Clock): LiveRisk {
  let kept: ReadonlyMap<string, RiskPart> = new Map();
  let view: RiskView | undefined;
  let restsUntil = 0;
  let reading: Promise<RiskView> | undefined;

  const readAnew = async (): Promise<RiskView> => {
    const began = clock.now();
    const found = await partsOf(exposure, drawnAssets(kept));
    const parts = found.map((one): RiskPart => {
      if (!("why" in one)) return { ...one, at: began.toISOString() };
      const { key, title, why } = one;
      const before = kept.get(key);
      return { key, title, at: before?.at ?? null, charts: before?.charts ?? [], notes: [why] };
    });
    kept = new Map(parts.map((part) => [part.key, part]));
    const now = clock.now().getTime();
    const everyMs = Math.min(MOST_MS, Math.max(EVERY_MS, REST * (now - began.getTime())));
    restsUntil = now + everyMs;
    return { everyMs, parts };
  };

  return {
    async read() {
      if (view && clock.now().getTime() < restsUntil) return view;
      reading ??= readAnew().finally(() => {
        reading = undefined;
      });
      view = await reading;
      return view;
    },
  };
}

const drawnAssets = (kept: ReadonlyMap<string, RiskPart>): readonly string[] =>
  [...kept.keys()].filter((key) => key.startsWith(ASSET)).map((key) => key.slice(ASSET.length));

async function partsOf(exposure: Reads, drawn: readonly string[]): Promise<readonly (Fresh | Missed)[]> {
  const { greeks, books, silent } = await exposure.overview();
  const delta = deltaChart(greeks);
  const unread = silent.map(({ account, why }) => ({ account, why: `${account} could not be read: ${why}.` }));
  // What an account that is silent now holds is not known; its coins stay.
  const assets = [...new Set([...heldAssets(greeks.lines), ...(unread.length > 0 ? drawn : [])])];
  const left = assets.slice(MOST_ASSETS);
  const desk: Fresh | Missed =
    books.length === 0 && unread.length > 0
      ? { key: "desk", title: "Desk", why: unread.map(({ why }) => why).join(" ") }
      : {
          key: "desk",
          title: "Desk",
          charts: delta ? [delta] : [],
          notes: [
            ...(delta ? [] : ["No account holds anything that moves."]),
            ...unread.map(({ why }) => why),
            ...(left.length === 0
              ? []
              : [`Volatility is drawn of the largest ${MOST_ASSETS} coins, not of ${left.join(", ")}.`]),
          ],
        };
  const accounts = [...books.map(accountPart), ...unread.map(({ account, why }) => ({ ...accountKey(account), why }))];
  const volatilities: (Fresh | Missed)[] = [];
  // One after the other: a venue's limits are shared with the orders.
  for (const asset of assets.slice(0, MOST_ASSETS)) volatilities.push(await assetPart(exposure, asset));
  return [
    desk,
    ...accounts.toSorted((one, other) => one.key.localeCompare(other.key, "en", { numeric: true })),
    ...volatilities,
  ];
}

/** Coins by the desk's delta in them, the largest first. */
function heldAssets(lines: Awaited<ReturnType<Reads["overview"]>>["greeks"]["lines"]): readonly string[] {
  const own = lines.filter((one) => one.account !== null && one.asset !== null);
  const sorted = own.toSorted((one, other) => compare(abs(other.deltaUsd), abs(one.deltaUsd)));
  return [...new Set(sorted.map((one) => one.asset ?? ""))];
}

function accountPart(book: BookRisk): Fresh {
  // A table of zeros would look like a book that loses nothing.
  if (book.liquidation === null && book.stress.profitUsd.flat().every(isZero))
    return {
      ...accountKey(book.account),
      charts: [],
      notes: [...book.notes, `${book.account} holds nothing that moves.`],
    };
  const fan = fanChart(book);
  const none = "No liquidation fan: the account needs no margin, or its coin has no known volatility.";
  return {
    ...accountKey(book.account),
    charts: [stressChart(book), ...(fan ? [fan] : [])],
    notes: [...book.notes, ...(fan ? [] : [none])],
  };
}

async function assetPart(exposure: Reads, asset: string): Promise<Fresh | Missed> {
  try {
    const found = await exposure.volatility(asset);
    const charts = [smileChart(asset, found.smiles), volatilityChart(found)].filter((one) => one !== null);
    const none = found.venue === null ? [`No account's venue lists options of ${asset}.`] : [];
    return { ...assetKey(asset), charts, notes: none };
  } catch (error) {
    return { ...assetKey(asset), why: `The volatility of ${asset} could not be read: ${messageOf(error)}.` };
  }
}
