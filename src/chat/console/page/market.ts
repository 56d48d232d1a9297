import { all, tick } from "./clock.ts";

const body = (): HTMLElement | null => document.querySelector<HTMLElement>("[data-market] tbody");
const wanted = (): readonly string[] =>
  (document.querySelector<HTMLInputElement>("[data-quote-filter]")?.value ?? "").toLowerCase().split(/\s+/);

const matches = (row: HTMLElement, words: readonly string[]): boolean => {
  const key = (row.dataset["quote"] ?? "").toLowerCase();
  return words.every((word) => key.includes(word));
};

function filter(): void {
  const words = wanted();
  let visible = 0;
  for (const row of all("[data-quote]")) {
    row.hidden = !matches(row, words);
    if (!row.hidden) visible += 1;
  }
  for (const line of all("[data-quote-none]")) line.hidden = visible > 0;
}

/** By instrument, then by venue, as the server sorts. */
const order = (row: HTMLElement): string => {
  const [venue = "", ...instrument] = (row.dataset["quote"] ?? "").split(" ");
  return `${instrument.join(" ")}\u0000${venue}`;
};

/** Takes one row: in place where it stands, sorted in where it is new. */
export function applyQuote(data: Record<string, unknown>): void {
  const place = body();
  if (!place) {
    // The first instrument ever: the page that says so gives way to the table.
    if (location.pathname === "/market") location.reload();
    return;
  }
  const template = document.createElement("template");
  template.innerHTML = String(data["html"]);
  const next = template.content.firstElementChild as HTMLElement | null;
  if (!next) return;
  const old = place.querySelector<HTMLElement>(`[data-quote="${CSS.escape(String(data["key"]))}"]`);
  // A link that somebody is about to press stays under the finger.
  if (old?.contains(document.activeElement)) return;
  next.hidden = !matches(next, wanted());
  if (old) old.replaceWith(next);
  else {
    const after = all("[data-quote]", place).find(
      (row) => order(row).localeCompare(order(next), "en", { numeric: true }) > 0,
    );
    place.insertBefore(next, after ?? null);
    filter();
  }
  tick();
}

/** How many instruments there are, and how many are stale. */
export function applyQuotes(data: Record<string, unknown>): void {
  for (const place of all("[data-quote-count]")) place.textContent = String(data["count"]);
  for (const place of all("[data-quote-stale]")) place.textContent = String(data["stale"]);
}

/** True on the page that shows the market. */
export const showsMarket = (): boolean => location.pathname === "/market";

/** Follows the filter box; rows that were not sent for a filter of the address come by the stream. */
export function watchMarket(): void {
  for (const input of all("[data-quote-filter]")) {
    input.addEventListener("input", filter);
    input.closest("form")?.addEventListener("submit", (event) => event.preventDefault());
  }
}
