import type { Market, MarketEvent } from "../../detectors/event.ts";
import type { Severity } from "../../kernel/alert.ts";
import { copyLevels } from "../../quant/book/depth.ts";
import { type Book, NO_ASK, NO_BID } from "../../quant/book/shape.ts";
import type { ReplayDesk } from "../desk/paper-desk.ts";
import { policyText } from "../policy-text.ts";
import type { ClearLine, HitLine, PlanLine, ReplayLine, RunLine } from "../line.ts";
import { type ReplayOptions, replay } from "../run.ts";
import { type Thinned, createThinned } from "./thinned.ts";

/** A replayed recording as a page can show it: bounded, however long the recording is. Times are ms, venue's clock. */
export interface RecordingView {
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly levelUpdates: number;
  readonly gaps: number;
  readonly markets: readonly MarketView[];
  readonly hits: readonly HitView[];
  readonly plans: readonly PlanView[];
  /** What did not fit. */
  readonly left: { readonly markets: number; readonly hits: number; readonly plans: number };
}

interface MarketView extends ReturnType<Thinned["columns"]> {
  readonly name: string;
  readonly books: readonly BookView[];
}

/** The best levels of a book at a moment, as [price, size]. */
interface BookView {
  readonly at: number;
  readonly bids: readonly (readonly [number, number])[];
  readonly asks: readonly (readonly [number, number])[];
}

interface HitView {
  readonly at: number;
  /** When it ended; null where it still held at the end. */
  until: number | null;
  readonly detector: string;
  readonly severity: Severity;
  readonly title: string;
  readonly score: number;
  readonly market: string;
}

interface PlanView {
  readonly at: number;
  readonly playbook: string;
  readonly run: string;
  /** The step's name, or how the run ended. */
  readonly text: string;
  readonly alert: string | null;
  /** Its orders, and what the rules would have said. */
  readonly orders: readonly string[];
}

const MOST_MARKETS = 24;
const MOST_INTERVALS = 1_200;
const MOST_BOOKS = 10;
const MOST_FRAMES = 240;
const LEVELS = 10;
const MOST_HITS = 1_000;
const MOST_PLANS = 300;
const PROGRESS_EVERY = 1 << 16;

/** What is asked of a view. */
export interface ViewOptions extends Pick<ReplayOptions, "detectors" | "params"> {
  /** Playbooks behind the detectors. */
  readonly desk?: ReplayDesk;
  /** Told now and then how far it is. */
  readonly onProgress?: (events: number, at: number) => void;
}

interface Seen {
  readonly market: Market;
  readonly prices: Thinned;
  readonly keepsBooks: boolean;
  books: BookView[];
  frameMs: number;
  nextFrameAt: number;
}

const ticks = new Int32Array(LEVELS);
const sizes = new Float64Array(LEVELS);

function levels(book: Book, side: 0 | 1): (readonly [number, number])[] {
  const count = copyLevels(book, side, ticks, sizes);
  const scale = 10 ** book.decimals;
  return Array.from({ length: count }, (_, i) => [ticks[i]! / scale, Number(sizes[i]!.toPrecision(8))] as const);
}

/** The price an event tells; NaN where it tells none. */
function priceOf(event: MarketEvent): number {
  switch (event.kind) {
    case "trade":
      return event.price;
    case "candle":
      return event.close;
    case "quote":
      return (event.bid + event.ask) / 2;
    case "mark":
      return event.mark;
    case "depth": {
      const { bestBid, bestAsk, decimals } = event.book;
      return bestBid === NO_BID || bestAsk === NO_ASK ? Number.NaN : (bestBid + bestAsk) / 2 / 10 ** decimals;
    }
    default:
      return Number.NaN;
  }
}

function note(seen: Seen, event: MarketEvent): void {
  if (event.kind === "candle") {
    seen.prices.take(event.at - event.intervalMs, event.open);
    for (const price of [event.low, event.high]) seen.prices.take(event.at, price);
  }
  const price = priceOf(event);
  if (price > 0) seen.prices.take(event.at, Number(price.toPrecision(10)));
  if (event.kind !== "depth" || !seen.keepsBooks || event.at < seen.nextFrameAt) return;
  seen.books.push({ at: event.at, bids: levels(event.book, 0), asks: levels(event.book, 1) });
  if (seen.books.length > MOST_FRAMES) {
    seen.frameMs *= 2;
    seen.books = seen.books.filter((_, index) => index % 2 === 0);
  }
  seen.nextFrameAt = event.at + seen.frameMs;
}

/** Notes a hit, or the end of one. @returns false where it did not fit */
function noteHit(hits: HitView[], line: HitLine | ClearLine): boolean {
  const { at, detector, title } = line;
  const market = `${line.venue} ${line.instrument}`;
  if (line.type === "clear") {
    for (const one of hits)
      if (one.until === null && one.detector === detector && one.market === market) one.until = at;
    return true;
  }
  if (hits.length >= MOST_HITS) return false;
  hits.push({ at, until: null, detector, severity: line.severity, title, score: line.score, market });
  return true;
}

const many = (count: number, one: string): string => `${count === 0 ? "no" : count} ${one}${count === 1 ? "" : "s"}`;

function planOf(line: PlanLine | RunLine): PlanView {
  const { at, playbook, run } = line;
  if (line.type === "run") return { at, playbook, run, text: line.outcome, alert: null, orders: [] };
  const { plan } = line;
  return {
    at,
    playbook,
    run,
    text:
      plan === null
        ? `${line.step}: nothing to do`
        : `${line.step}: ${many(plan.orders.length, "order")}, ${many(plan.cancels, "cancel")}`,
    alert: line.alert.title,
    orders: [
      ...(plan?.orders ?? []).map(
        (one) =>
          `${one.side} ${one.quantity} ${one.symbol} at ${one.side === "buy" ? "most" : "least"} ${one.limitPrice}${one.reduceOnly ? ", reduce-only" : ""}`,
      ),
      ...(line.policy ? policyText(line.policy) : []),
    ],
  };
}

/**
 * Replays recordings at full speed and keeps what a page shows.
 * @throws DeskError as `replay`
 */
export async function viewRecording(recordings: readonly string[], options: ViewOptions = {}): Promise<RecordingView> {
  const seen = new Map<Market, Seen>();
  const left = { markets: 0, hits: 0, plans: 0 };
  const others = new Set<Market>();
  let [from, to, events] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  const onEvent = (event: MarketEvent): void => {
    events += 1;
    if (event.at < from) from = event.at;
    if (event.at > to) to = event.at;
    if (events % PROGRESS_EVERY === 0) options.onProgress?.(events, event.at);
    let one = seen.get(event.market);
    if (one === undefined) {
      if (seen.size >= MOST_MARKETS) {
        others.add(event.market);
        return;
      }
      const keepsBooks = seen.size < MOST_BOOKS;
      const prices = createThinned(MOST_INTERVALS);
      one = {
        market: event.market,
        prices,
        keepsBooks,
        books: [],
        frameMs: 250,
        nextFrameAt: Number.NEGATIVE_INFINITY,
      };
      seen.set(event.market, one);
    }
    note(one, event);
  };
  const hits: HitView[] = [];
  const plans: PlanView[] = [];
  const take = (line: Exclude<ReplayLine, { readonly type: "summary" }>): void => {
    if (line.type === "hit" || line.type === "clear") {
      if (!noteHit(hits, line)) left.hits += 1;
    } else if (plans.length < MOST_PLANS) plans.push(planOf(line));
    else left.plans += 1;
  };
  const { onProgress: _, ...asked } = options;
  for await (const line of replay(recordings, { ...asked, onEvent })) {
    if (line.type !== "summary") {
      take(line);
      continue;
    }
    const markets = [...seen.values()]
      .map(({ market, prices, books }) => ({
        name: `${market.venue} ${market.instrument}`,
        ...prices.columns(),
        books,
      }))
      .filter((one) => one.at.length > 0);
    if (events === 0) [from, to] = [0, 0];
    const { levelUpdates, gaps } = line;
    return {
      from,
      to,
      events: line.events,
      levelUpdates,
      gaps,
      markets,
      hits,
      plans,
      left: { ...left, markets: others.size },
    };
  }
  throw new TypeError("a replay ends with a summary");
}
