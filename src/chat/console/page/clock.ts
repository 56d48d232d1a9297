/** Elements, found once a call; the page is small enough. */
export const all = <E extends HTMLElement = HTMLElement>(selector: string, root: ParentNode = document): E[] =>
  Array.from(root.querySelectorAll<E>(selector));

let offsetMs = new Date(document.body.dataset["now"] ?? new Date()).getTime() - new Date().getTime();

/** The server's time as far as it is known here, milliseconds. */
export const serverNow = (): number => new Date().getTime() + offsetMs;

/** Sets this page by the server's clock. */
export function setServerTime(iso: string): void {
  offsetMs = new Date(iso).getTime() - new Date().getTime();
}

const put = (element: Element, text: string): void => {
  if (element.textContent !== text) element.textContent = text;
};

/** "now", "12 s", "3 min", "2 h 5 min", "4 d". */
export function ago(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

const left = (ms: number): string => {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds <= 0) return "expired";
  if (seconds < 3_600) return `in ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return `in ${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
};

/** Brings everything that depends on the time up to it. */
export function tick(): void {
  const now = serverNow();
  const utc = new Date(now).toISOString();
  for (const clock of all("[data-clock]")) put(clock, `${utc.slice(11, 19)} UTC`);
  for (const time of all<HTMLTimeElement>("time[data-ago]")) put(time, ago(now - Date.parse(time.dateTime)));
  for (const time of all<HTMLTimeElement>("time[data-until]")) {
    const remaining = Date.parse(time.dateTime) - now;
    put(time, left(remaining));
    time.classList.toggle("soon", remaining > 0 && remaining < 60_000);
  }
  strikeStale(now);
  endPlans(now);
}

function strikeStale(now: number): void {
  for (const list of all("[data-stale-after]")) {
    const limit = Number(list.dataset["staleAfter"]);
    for (const account of all("[data-at]", list)) {
      const stale = now - Date.parse(account.dataset["at"] ?? "") > limit;
      account.classList.toggle("stale", stale);
      for (const label of all(".as-of", account)) put(label, stale ? "stale since" : "as of");
    }
  }
}

/** A plan whose time is over looks dead at once, whatever the network does; the server refuses it anyway. */
function endPlans(now: number): void {
  for (const plan of all("[data-plan-until]")) {
    if (Date.parse(plan.dataset["planUntil"] ?? "") > now || plan.classList.contains("plan-expired")) continue;
    plan.classList.add("plan-expired");
    for (const word of all(".state-word", plan)) put(word, "expired");
    for (const line of all(".dead-line", plan)) line.hidden = false;
    for (const button of all<HTMLButtonElement>(".deciding-actions button")) button.disabled = true;
  }
}
