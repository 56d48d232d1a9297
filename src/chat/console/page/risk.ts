import { tick } from "./clock.ts";
import { type Picture, pictureOf } from "./picture.ts";

interface Part {
  readonly key: string;
  readonly title: string;
  readonly at: string | null;
  readonly charts: readonly Picture[];
  readonly notes: readonly string[];
}

interface View {
  readonly everyMs: number;
  readonly parts: readonly Part[];
}

/** Figures that missed this many readings are stale. */
const MISSED = 3;
const AGAIN_MS = 5_000;
const PATIENCE_MS = 90_000;

/** What each chart's place shows, so that a chart that did not change stays as it is, under pointer and eye. */
const shown = new WeakMap<Element, string>();

function made(name: string, className: string, text = ""): HTMLElement {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

async function fetchView(): Promise<View> {
  const response = await fetch("/api/risk", { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.ok) return (await response.json()) as View;
  const { error } = (await response.json()) as { readonly error: { readonly message: string } };
  throw new Error(error.message);
}

function drawChart(place: Element, chart: Picture): void {
  const width = place.clientWidth;
  const key = `${width} ${JSON.stringify(chart)}`;
  if (shown.get(place) === key) return;
  shown.set(place, key);
  const figure = pictureOf(chart, width);
  // The conclusion is struck where it is stale.
  figure.querySelector("figcaption")?.classList.add("live");
  place.replaceChildren(figure);
}

function newPart({ key, title }: Part): HTMLElement {
  const section = made("section", "risk-part");
  section.id = key;
  const [head, heading, age] = [made("div", "risk-head"), made("h2", "", title), made("p", "quiet age")];
  heading.id = `${key}-title`;
  section.setAttribute("aria-labelledby", heading.id);
  head.append(heading, age);
  section.append(head, made("div", "risk-charts"), made("div", "risk-notes"));
  return section;
}

/** When a part's figures were read; relative for reading, absolute on hover. */
function showAge(section: HTMLElement, at: string | null): void {
  const place = section.querySelector(".age");
  if (at === null) {
    place?.replaceChildren("never read");
    return;
  }
  section.dataset["at"] = at;
  const time = document.createElement("time");
  time.dateTime = at;
  time.title = `${at.slice(0, 19).replace("T", " ")} UTC`;
  time.dataset["ago"] = "";
  place?.replaceChildren(made("span", "as-of", "as of"), " ", time);
}

function drawPart(section: HTMLElement, { at, charts, notes }: Part): void {
  showAge(section, at);
  const grid = section.querySelector(".risk-charts");
  if (!grid) return;
  while (grid.children.length > charts.length) grid.lastElementChild?.remove();
  while (grid.children.length < charts.length) grid.append(made("div", ""));
  charts.forEach((chart, index) => {
    const place = grid.children[index];
    if (place) drawChart(place, chart);
  });
  section.querySelector(".risk-notes")?.replaceChildren(...notes.map((note) => made("p", "quiet note", note)));
}

/** Puts every part where the server has it; those that are there keep their place and their charts. */
function drawParts(place: HTMLElement, { everyMs, parts }: View): void {
  place.dataset["staleAfter"] = String(MISSED * everyMs);
  const old = new Map([...place.children].map((section) => [section.id, section as HTMLElement]));
  const sections = parts.map((part) => old.get(part.key) ?? newPart(part));
  const same = sections.length === old.size && sections.every((section, index) => place.children[index] === section);
  if (!same) place.replaceChildren(...sections);
  // Drawn once they stand on the page: only there they have a width.
  parts.forEach((part, index) => {
    const section = sections[index];
    if (section) drawPart(section, part);
  });
  tick();
}

function drawPlaces(nav: HTMLElement, parts: readonly Part[]): void {
  const wanted = parts.map(({ key }) => key).join(" ");
  if (nav.dataset["parts"] === wanted) return;
  nav.dataset["parts"] = wanted;
  nav.hidden = parts.length < 2;
  nav.replaceChildren(
    ...parts.map(({ key, title }) => {
      const link = made("a", "", title) as HTMLAnchorElement;
      link.href = `#${key}`;
      return link;
    }),
  );
}

/** Keeps the Risk page's charts up to date while somebody looks at them. */
export function openRisk(): void {
  const place = document.querySelector<HTMLElement>("[data-risk-parts]");
  const nav = document.querySelector<HTMLElement>("[data-risk-places]");
  const state = document.querySelector<HTMLElement>("[data-risk-state]");
  if (!place || !nav || !state) return;
  let view: View | null = null;
  let asking = false;
  let timer = 0;
  const say = (text: string, failed: boolean): void => {
    // Told anew only where it changed: it is read out.
    if (state.textContent !== text) state.textContent = text;
    state.className = failed ? "stale-word" : "quiet";
  };
  const round = async (): Promise<void> => {
    if (asking || document.hidden) return;
    asking = true;
    window.clearTimeout(timer);
    try {
      const first = view === null;
      view = await fetchView();
      drawPlaces(nav, view.parts);
      drawParts(place, view);
      say(`Read anew every ${Math.round(view.everyMs / 1_000)} s while somebody looks.`, false);
      // The address named a part before there was one.
      if (first && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    } catch (error) {
      const what = view === null ? "Nothing can be drawn yet" : "The charts are as old as they say";
      say(
        `The figures could not be fetched: ${(error as Error).message}. ${what}; they are asked for again by themselves.`,
        true,
      );
    } finally {
      asking = false;
      timer = window.setTimeout(() => void round(), view?.everyMs ?? AGAIN_MS);
    }
  };
  document.addEventListener("visibilitychange", () => void round());
  new ResizeObserver(() => {
    if (view) drawParts(place, view);
  }).observe(place);
  void round();
}
