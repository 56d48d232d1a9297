import { serverNow, tick } from "./clock.ts";
import { type Picture, pictureOf } from "./picture.ts";

interface Reply {
  readonly ok?: boolean;
  readonly text?: string;
  readonly table?: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
  readonly charts?: readonly Picture[];
  readonly incident?: string;
  readonly link?: { readonly label: string; readonly url: string };
  readonly error?: { readonly message: string; readonly hint: string };
}

interface Completion {
  readonly value: string;
  readonly hint: string;
}

const KEPT = 100;
const HISTORY = "breakwater.history";
/** Answers kept above the line; older ones are in the timeline and the ledger. */
const ANSWERS = 12;

const history = (): string[] => {
  // One command a line: text that cannot be damaged into something unreadable, which would keep a command from being sent.
  return (localStorage.getItem(HISTORY) ?? "").split("\n").filter(Boolean);
};

const element = (name: string, className: string, text = ""): HTMLElement => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
};

function tableOf(view: NonNullable<Reply["table"]>): HTMLElement {
  const scroll = element("div", "scroll-x");
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const column of view.columns) {
    const cell = element("th", "", column);
    cell.setAttribute("scope", "col");
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of view.rows) {
    const line = body.insertRow();
    for (const cell of row) {
      const made = line.insertCell();
      made.textContent = cell;
      if (/^[+-]?[\d,]+(\.\d+)?( %)?$/.test(cell)) made.className = "num";
    }
  }
  scroll.append(table);
  return scroll;
}

/** Under the charts of an answer: when they were true, and where they move. */
function asOf(): HTMLElement {
  const line = element(
    "p",
    "quiet",
    `As of ${new Date(serverNow()).toISOString().slice(11, 19)} UTC; charts that move stand on `,
  );
  const link = element("a", "", "the Risk page") as HTMLAnchorElement;
  link.href = "/risk";
  line.append(link);
  return line;
}

function show(place: HTMLElement, typed: string, reply: Reply): void {
  const entry = element("div", reply.ok ? "entry" : "entry refused");
  entry.append(element("p", "typed-line", `› ${typed}`));
  entry.append(element("p", "reply", reply.text ?? reply.error?.message ?? ""));
  if (reply.error) entry.append(element("p", "quiet", reply.error.hint));
  if (reply.table && reply.table.rows.length > 0) entry.append(tableOf(reply.table));
  const log = place.querySelector("[data-command-log]");
  if (!log) return;
  // Shown first: a drawing is as wide as the room that the answer really has.
  place.hidden = false;
  const room = Math.min(window.innerWidth - 48, 760);
  for (const picture of reply.charts ?? []) entry.append(pictureOf(picture, room));
  if ((reply.charts ?? []).length > 0) entry.append(asOf());
  if (reply.incident) {
    const link = element("a", "", `Open ${reply.incident}`) as HTMLAnchorElement;
    link.href = `/incidents/${encodeURIComponent(reply.incident)}`;
    entry.append(link);
  }
  if (reply.link) {
    const link = element("a", "", reply.link.label) as HTMLAnchorElement;
    link.href = reply.link.url;
    entry.append(link);
  }
  log.append(entry);
  while (log.children.length > ANSWERS) log.firstElementChild?.remove();
  // The newest answer from its first line: what it says comes before what it draws.
  log.scrollTop = entry.offsetTop - 8;
  tick();
}

async function ask(place: HTMLElement, text: string): Promise<void> {
  try {
    const response = await fetch("/command", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text, delivery: crypto.randomUUID() }),
    });
    show(place, text, (await response.json()) as Reply);
  } catch {
    show(place, text, { ok: false, text: "No answer came. Look at the timeline before you send it again." });
  }
}

/** The command line: history by the arrows, completions while typing, answers above it. */
export function openCommandLine(): void {
  const form = document.querySelector<HTMLFormElement>("[data-command]");
  const input = form?.querySelector<HTMLInputElement>("#command");
  const place = document.querySelector<HTMLElement>("[data-command-answer]");
  document.querySelector("[data-command-close]")?.addEventListener("click", () => {
    if (place) place.hidden = true;
    input?.focus();
  });
  const choices = document.querySelector<HTMLElement>("[data-completions]");
  if (!form || !input || !place || !choices) return;
  let at = -1;
  let chosen = -1;
  let offered: readonly Completion[] = [];
  let asked = 0;

  const close = (): void => {
    // An answer still under way is for a line that is gone.
    asked += 1;
    offered = [];
    chosen = -1;
    choices.hidden = true;
    choices.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const draw = (): void => {
    choices.replaceChildren(
      ...offered.map((one, index) => {
        const line = element("li", "");
        line.id = `completion-${index}`;
        line.setAttribute("role", "option");
        line.setAttribute("aria-selected", String(index === chosen));
        line.append(element("span", "completion-value", one.value), element("span", "completion-hint", one.hint));
        line.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          take(index);
        });
        return line;
      }),
    );
    choices.hidden = offered.length === 0;
    input.setAttribute("aria-expanded", String(offered.length > 0));
    if (chosen >= 0) input.setAttribute("aria-activedescendant", `completion-${chosen}`);
    else input.removeAttribute("aria-activedescendant");
    choices.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const take = (index: number): void => {
    const one = offered[index];
    if (!one) return;
    input.value = `${one.value} `;
    close();
    void suggest();
  };
  const suggest = async (): Promise<void> => {
    const text = input.value;
    if (!text.startsWith("/")) {
      close();
      return;
    }
    asked += 1;
    const turn = asked;
    const response = await fetch(`/complete?text=${encodeURIComponent(text)}`);
    // Only the newest question counts: answers may overtake one another.
    if (turn !== asked || !response.ok) return;
    offered = (await response.json()) as readonly Completion[];
    chosen = -1;
    draw();
  };

  input.addEventListener("input", () => void suggest());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const open = offered.length > 0;
    if (event.key === "Escape") {
      if (open) close();
      else {
        place.hidden = true;
        input.blur();
      }
    } else if (event.key === "Tab" && open) {
      event.preventDefault();
      take(Math.max(chosen, 0));
    } else if (event.key === "Enter" && open && chosen >= 0) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (open) {
        chosen = (chosen + step + offered.length) % offered.length;
        draw();
        return;
      }
      const lines = history();
      at = Math.min(lines.length, Math.max(0, (at < 0 ? lines.length : at) + step));
      input.value = lines[at] ?? "";
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === "") return;
    localStorage.setItem(HISTORY, [...history().filter((one) => one !== text), text].slice(-KEPT).join("\n"));
    at = -1;
    input.value = "";
    close();
    void ask(place, text);
  });
}
