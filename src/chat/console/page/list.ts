import { all, tick } from "./clock.ts";
import { shownIncident } from "./incident.ts";

/** Rows that came while the pointer or the focus was in the list: nothing there may move. */
const held = new Map<string, Record<string, unknown>>();

const list = (): HTMLElement | null => document.querySelector<HTMLElement>("[data-rows]");
const rowOf = (incident: string): HTMLElement | null =>
  document.querySelector<HTMLElement>(`[data-row="${CSS.escape(incident)}"]`);

/** The whole column counts: a person on the way to "2 new" must not land on a row that slid under it. */
const busy = (): boolean => {
  const place = list()?.closest(".list") ?? null;
  return place !== null && (place.matches(":hover") || place.contains(document.activeElement));
};

const parse = (html: string): HTMLElement | null => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild as HTMLElement | null;
};

/** Takes a changed row: in place where it stands, sorted in where it is new and nobody is about to press. */
export function applyRow(data: Record<string, unknown>): void {
  const incident = String(data["incident"]);
  const old = rowOf(incident);
  if (old && Number(data["version"]) < Number(old.dataset["version"])) return;
  if (!old) announce(data);
  const mayMove = !busy();
  if (old) {
    const next = parse(String(data["html"]));
    if (!next) return;
    if (incident === shownIncident()) next.querySelector("a")?.setAttribute("aria-current", "true");
    const moves = next.dataset["order"] !== old.dataset["order"];
    const focused = old.contains(document.activeElement);
    old.replaceWith(next);
    if (focused) next.querySelector("a")?.focus({ preventScroll: true });
    if (moves && mayMove) insert(next);
  } else if (mayMove) {
    const next = parse(String(data["html"]));
    if (next) insert(next);
  } else {
    held.set(incident, data);
  }
  pill();
  filter();
  tick();
}

function insert(row: HTMLElement): void {
  const place = list();
  if (!place) return;
  row.remove();
  const order = row.dataset["order"] ?? "";
  const after = all("[data-row]", place).find((one) => (one.dataset["order"] ?? "") > order);
  place.insertBefore(row, after ?? null);
  if (place.children.length === 1 && shownIncident() === null) location.reload();
}

function announce(data: Record<string, unknown>): void {
  const severity = String(data["severity"]);
  if (severity !== "critical" && severity !== "high") return;
  for (const place of all("[data-announce]")) {
    place.textContent = `New ${severity} incident ${String(data["incident"])}: ${String(data["title"])}`;
  }
}

function pill(): void {
  for (const button of all<HTMLButtonElement>("[data-pill]")) {
    button.hidden = held.size === 0;
    button.textContent = `${held.size} new`;
  }
}

/** All rows as the server lists them now; while a person is in the list they wait until the pointer leaves. */
let whole: string | null = null;

/** Takes the whole list anew. */
export function replaceRows(html: string): void {
  whole = html;
  if (!busy()) release();
}

/** Sorts in what was held back. */
function release(): void {
  const place = list();
  if (whole !== null && place) {
    place.innerHTML = whole;
    whole = null;
    const shown = shownIncident();
    if (shown) rowOf(shown)?.querySelector("a")?.setAttribute("aria-current", "true");
    else if (place.children.length > 0) location.reload();
  }
  for (const [incident, data] of held) {
    const row = rowOf(incident) ? null : parse(String(data["html"]));
    if (row) insert(row);
  }
  held.clear();
  pill();
  filter();
  tick();
}

function filter(): void {
  const words = (document.querySelector<HTMLInputElement>("[data-filter]")?.value ?? "").toLowerCase().split(/\s+/);
  const rows = all("[data-row]");
  let visible = 0;
  for (const row of rows) {
    const text = (row.textContent ?? "").toLowerCase();
    const matches = words.every((word) => text.includes(word));
    row.hidden = !matches;
    if (matches) visible += 1;
  }
  for (const line of all("[data-list-empty]")) line.hidden = visible > 0;
}

/** Follows the filter box, the status choice and the pointer. */
export function watchList(): void {
  const place = list();
  if (!place) return;
  place.closest(".list")?.addEventListener("pointerleave", release);
  for (const button of all("[data-pill]")) button.addEventListener("click", release);
  for (const input of all("[data-filter]")) input.addEventListener("input", filter);
  for (const select of all<HTMLSelectElement>("[data-filter-status]")) {
    select.addEventListener("change", () => select.form?.requestSubmit());
  }
}

/** The row after or before the shown one, among those that are visible. */
export function neighbour(step: 1 | -1): HTMLAnchorElement | null {
  const rows = all("[data-row]").filter((row) => !row.hidden);
  const at = rows.findIndex((row) => row.dataset["row"] === shownIncident());
  return rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.querySelector("a") ?? null;
}
