import { type Mark, type Market, type PriceChart, before, openPriceChart } from "./replay-chart.ts";

interface Hit {
  readonly at: number;
  readonly until: number | null;
  readonly detector: string;
  readonly severity: Exclude<Mark["kind"], "plan">;
  readonly title: string;
  readonly score: number;
  readonly market: string;
}

interface Plan {
  readonly at: number;
  readonly playbook: string;
  readonly text: string;
  readonly alert: string | null;
  readonly orders: readonly string[];
}

interface View {
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly levelUpdates: number;
  readonly gaps: number;
  readonly markets: readonly Market[];
  readonly hits: readonly Hit[];
  readonly plans: readonly Plan[];
  readonly left: { readonly markets: number; readonly hits: number; readonly plans: number };
}

type Answer =
  | { readonly state: "reading"; readonly events: number; readonly at: string | null }
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "ready"; readonly view: View };

const AGAIN_MS = 500;
const DAY_MS = 86_400_000;
const STEPS = 2_000;
const LISTED = 60;

const timeOf = (at: number): string => new Date(at).toISOString().replace("T", " ").slice(0, 19);
const figure = (value: number): string => value.toLocaleString("en-US", { maximumSignificantDigits: 9 });
const count = (many: number, one: string): string =>
  `${many === 0 ? "no" : figure(many)} ${one}${many === 1 ? "" : "s"}`;

let chart: PriceChart | null = null;

/** An element with text or children; nothing of a recording is ever read as HTML. */
function made(tag: string, className: string, ...children: readonly (string | Node)[]): HTMLElement {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

const nothing = (text: string): HTMLElement => made("p", "not-yet", text);

function bookTable(market: Market, at: number): HTMLElement {
  const book = market.books[before(market.books, at)];
  if (!book || book.at > at) {
    const price = market.last[before(market.at, at)];
    return nothing(
      market.books.length === 0
        ? `No book was recorded here; the price is ${figure(price ?? 0)}.`
        : "The book has not come yet.",
    );
  }
  const most = Math.max(...[...book.bids, ...book.asks].map(([, size]) => size));
  const row = (side: string, [price, size]: readonly [number, number]): HTMLElement => {
    const bar = made("span", "bar");
    bar.style.width = `${(100 * size) / most}%`;
    return made("tr", side, made("td", "num", figure(price)), made("td", "num", figure(size)), made("td", "", bar));
  };
  const head = made("tr", "", made("th", "num", "Price"), made("th", "num", "Size"), made("td", ""));
  return made(
    "table",
    "book",
    made("caption", "", `as of ${timeOf(book.at)} UTC`),
    made("thead", "", head),
    made(
      "tbody",
      "",
      ...book.asks.toReversed().map((level) => row("ask", level)),
      ...book.bids.map((level) => row("bid", level)),
    ),
  );
}

/** A moment that can be gone to; with its day where the recording has several. */
function moment(at: number, days: boolean, go: (at: number) => void): HTMLElement {
  const button = made("button", "plain num", days ? timeOf(at).slice(5, 16) : timeOf(at).slice(11));
  button.title = `${timeOf(at)} UTC`;
  button.addEventListener("click", () => go(at));
  return button;
}

/** What had come by a moment, newest first. */
function listOf<One extends { readonly at: number }>(
  all: readonly One[],
  at: number,
  none: string,
  draw: (one: One) => HTMLElement,
): HTMLElement {
  const come = all.filter((one) => one.at <= at);
  if (come.length === 0)
    return nothing(all.length === 0 ? none : `None yet; the first comes at ${timeOf(all[0]?.at ?? 0)}.`);
  const list = made("ol", "replay-list", ...come.slice(-LISTED).toReversed().map(draw));
  return come.length > LISTED ? made("div", "", list, nothing(`and ${come.length - LISTED} before`)) : list;
}

function draw(root: HTMLElement, view: View): void {
  const part = (name: string): HTMLElement => {
    const found = root.querySelector<HTMLElement>(`[data-replay-${name}]`);
    if (!found) throw new TypeError(`the page lacks the part ${name}`);
    return found;
  };
  const [select, slider] = [part("market") as HTMLSelectElement, part("time") as HTMLInputElement];
  const state = part("state");
  const left = Object.entries(view.left)
    .filter(([, many]) => many > 0)
    .map(([name, many]) => `${many} more ${name}`);
  state.textContent = [
    `${figure(view.events)} events from ${timeOf(view.from)} to ${timeOf(view.to)} UTC`,
    `${figure(view.levelUpdates)} level updates`,
    count(view.gaps, "gap"),
    count(view.hits.length + view.left.hits, "hit"),
    ...(left.length > 0 ? [`not shown: ${left.join(", ")}`] : []),
  ].join("; ");
  const [first] = view.markets;
  if (!first) {
    state.textContent += ". It holds no prices, so there is nothing to draw.";
    return;
  }
  const days = view.to - view.from > DAY_MS;
  const plans = view.plans.filter((one) => one.alert !== null);
  const marksOf = (market: Market): Mark[] => [
    ...view.hits.filter((one) => one.market === market.name).map(({ at, severity }) => ({ at, kind: severity })),
    ...plans.map(({ at }) => ({ at, kind: "plan" as const })),
  ];
  part("body").hidden = false;
  select.append(...view.markets.map((one) => new Option(one.name)));
  const loudest = view.hits[0]?.market;
  select.selectedIndex = Math.max(
    0,
    view.markets.findIndex((one) => one.name === loudest),
  );
  const market = (): Market => view.markets[select.selectedIndex] ?? first;
  // The slider stands at the nearest of its steps; a mark's own moment is kept exactly.
  let at = view.hits[0]?.at ?? view.to;
  const go = (to: number): void => {
    at = Math.min(view.to, Math.max(view.from, to));
    slider.value = String(at);
    show();
  };
  const show = (): void => {
    chart?.move(at);
    slider.setAttribute("aria-valuetext", `${timeOf(at)} UTC`);
    part("now").textContent = `${timeOf(at)} UTC`;
    part("book").replaceChildren(bookTable(market(), at));
    part("hits").replaceChildren(
      listOf(view.hits, at, "No detector spoke.", (one) =>
        made(
          "li",
          `sev-${one.severity}${one.until === null || one.until > at ? " holds" : ""}`,
          moment(one.at, days, go),
          made("strong", "", ` ${one.severity} `),
          one.title,
          made(
            "span",
            "quiet",
            ` ${one.detector}, ${one.market}, score ${one.score.toFixed(2)}${one.until !== null && one.until <= at ? ", over" : ""}`,
          ),
        ),
      ),
    );
    part("plans").replaceChildren(
      listOf(view.plans, at, "No playbook was called for.", (one) =>
        made(
          "li",
          "",
          moment(one.at, days, go),
          made("strong", "", ` ${one.playbook} `),
          one.text,
          ...(one.alert === null ? [] : [made("span", "quiet", ` answers: ${one.alert}`)]),
          ...one.orders.map((order) => made("code", "", order)),
        ),
      ),
    );
  };
  const choose = (): void => {
    const chosen = market();
    const [low, high] = [Math.min(...chosen.low), Math.max(...chosen.high)];
    const hits = view.hits.filter((one) => one.market === chosen.name).length;
    part("title").textContent =
      `${chosen.name} moved between ${figure(low)} and ${figure(high)}; ${count(hits, "hit")} here, ${count(plans.length, "plan")}.`;
    const canvas = part("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", part("title").textContent ?? "");
    chart ??= openPriceChart(canvas, go);
    chart.show(chosen, marksOf(chosen));
    show();
  };
  slider.min = String(view.from);
  slider.max = String(view.to);
  slider.step = String(Math.max(1, Math.floor((view.to - view.from) / STEPS)));
  slider.value = String(at);
  const marked = [...view.hits, ...view.plans].map((one) => one.at).sort((a, b) => a - b);
  part("back").addEventListener("click", () => go(marked.findLast((one) => one < at) ?? view.from));
  part("on").addEventListener("click", () => go(marked.find((one) => one > at) ?? view.to));
  slider.addEventListener("input", () => go(Number(slider.value)));
  select.addEventListener("change", choose);
  choose();
}

/** Asks for the page's recording until it was replayed, and draws it. */
export async function openReplay(): Promise<void> {
  const root = document.querySelector<HTMLElement>("[data-replay]");
  const state = root?.querySelector<HTMLElement>("[data-replay-state]");
  if (!root || !state) return;
  const response = await fetch(root.dataset["replay"] ?? "");
  if (!response.ok) {
    state.textContent = `The recording could not be opened (status ${response.status}). Load the page again.`;
    return;
  }
  const answer = (await response.json()) as Answer;
  if (answer.state === "ready") draw(root, answer.view);
  else if (answer.state === "failed") state.textContent = `It could not be replayed: ${answer.reason}.`;
  else {
    const reached = answer.at === null ? "" : `, at ${timeOf(Date.parse(answer.at))} UTC`;
    state.textContent = `Replaying: ${figure(answer.events)} events so far${reached} …`;
    window.setTimeout(() => void openReplay(), AGAIN_MS);
  }
}

/** Draws anew in the colours of the theme that was just chosen. */
export function recolourReplay(): void {
  chart?.redraw();
}
