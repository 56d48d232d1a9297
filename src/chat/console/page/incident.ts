import { all, tick } from "./clock.ts";
import { ask } from "./form.ts";

/** How long a newly appeared decision button does nothing: the press was meant for what stood there before. */
const ARMING_MS = 600;

const shown = (): HTMLElement | null => document.querySelector<HTMLElement>("[data-incident]");

/** The incident in the middle column. */
export const shownIncident = (): string | null => shown()?.dataset["incident"] || null;

const parse = (html: string): HTMLElement | null => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild as HTMLElement | null;
};

/** Replaces the element that `selector` finds by server-rendered markup; returns the new one. */
export function replace(selector: string, html: string, root: ParentNode = document): HTMLElement | null {
  const old = root.querySelector<HTMLElement>(selector);
  const next = parse(html);
  if (!old || !next) return null;
  const focused = document.activeElement instanceof HTMLElement && old.contains(document.activeElement);
  const again = focused ? refind(document.activeElement as HTMLElement) : null;
  old.replaceWith(next);
  if (again) next.querySelector<HTMLElement>(again)?.focus({ preventScroll: true });
  return next;
}

/** A selector under which the focused control is found again in the newer markup. */
function refind(element: HTMLElement): string | null {
  const action = element.dataset["action"];
  if (action) return `[data-action="${CSS.escape(action)}"]`;
  const href = element.getAttribute("href");
  if (href) return `a[href="${CSS.escape(href)}"]`;
  const name = element.getAttribute("name");
  return name ? `[name="${CSS.escape(name)}"]:not([type=hidden])` : null;
}

const deciding = (bar: ParentNode): string =>
  all(".deciding-actions [data-action]", bar)
    .map((button) => button.dataset["action"])
    .join(" ");

/** What the desk last answered this person, kept over updates of the card. */
let answer: { incident: string; text: string; ok: boolean } | null = null;
/** Good news is on the card by then; a refusal stays until the next press. */
const GOOD_NEWS_MS = 6_000;

const showAnswer = (): void => {
  if (!answer || answer.incident !== shownIncident()) return;
  for (const line of all(".answer")) {
    line.textContent = answer.text;
    line.classList.toggle("refused", !answer.ok);
  }
};

const forget = (told: typeof answer): void => {
  if (answer !== told) return;
  answer = null;
  for (const line of all(".answer")) line.textContent = "";
};

/** Shows a newer version of the card; an older one never wins. */
export function applyCard(data: Record<string, unknown>): void {
  const article = document.querySelector<HTMLElement>(`[data-card="${CSS.escape(String(data["incident"]))}"]`);
  if (!article || Number(data["version"]) < Number(article.dataset["version"])) return;
  const next = replace("[data-card]", String(data["card"]));
  if (next && Number(data["version"]) > Number(article.dataset["version"])) next.classList.add("changed");
  replace("[data-steps]", String(data["steps"]));
  replace("[data-timeline]", String(data["timeline"]));
  applyBar(String(data["bar"]));
  showAnswer();
  tick();
}

function applyBar(html: string): void {
  const old = document.querySelector<HTMLElement>("[data-bar]");
  if (!old) return;
  const typed = old.querySelector<HTMLInputElement>("input[name=word]")?.value ?? "";
  const before = deciding(old);
  const bar = replace("[data-bar]", html);
  const word = bar?.querySelector<HTMLInputElement>("input[name=word]");
  if (word) word.value = typed;
  if (!bar || deciding(bar) === before || deciding(bar) === "") return;
  bar.classList.add("arming");
  window.setTimeout(() => bar.classList.remove("arming"), ARMING_MS);
}

const deliveries = new Map<string, string>();

async function send(
  form: HTMLFormElement,
  button: HTMLButtonElement,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const token = button.dataset["token"] ?? "";
  const incident = shownIncident() ?? "";
  // The same press sent twice, because the first answer was lost, is one delivery.
  const delivery = deliveries.get(token) ?? crypto.randomUUID();
  deliveries.set(token, delivery);
  const body: Record<string, string> = { ...fields, token, delivery };
  const word = form.querySelector<HTMLInputElement>("input[name=word]");
  if (word) body["word"] = word.value;
  const bar = form.closest<HTMLElement>("[data-bar]");
  const buttons = bar ? all<HTMLButtonElement>("button", bar) : [];
  for (const one of buttons) one.disabled = true;
  button.classList.add("sending");
  answer = { incident, text: "Sent. Waiting for the desk.", ok: true };
  showAnswer();
  try {
    const response = await fetch("/act", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const reply = (await response.json()) as { ok?: boolean; text?: string; error?: { message: string } };
    answer = { incident, text: reply.text ?? reply.error?.message ?? "", ok: reply.ok === true };
    // A refusal that a person can mend is a new press next time.
    if (!answer.ok) deliveries.delete(token);
  } catch {
    answer = { incident, text: "No answer came. Press again: the same press counts once.", ok: false };
  }
  button.classList.remove("sending");
  if (bar?.isConnected && !answer.ok) for (const one of buttons) one.disabled = false;
  showAnswer();
  const told = answer;
  if (told.ok) window.setTimeout(() => forget(told), GOOD_NEWS_MS);
}

/** Asks before a dangerous press; true once the person said yes. */
function confirmed(text: string, label: string): Promise<boolean> {
  const box = document.querySelector<HTMLDialogElement>("[data-confirm-box]");
  const line = box?.querySelector("p");
  const yes = box?.querySelector("[data-confirm-yes]");
  if (!box || !line || !yes) return Promise.resolve(false);
  line.textContent = text;
  yes.textContent = label;
  box.returnValue = "no";
  box.showModal();
  return new Promise((resolve) => {
    box.addEventListener("close", () => resolve(box.returnValue === "yes"), { once: true });
  });
}

/** Takes presses of the card's buttons; the page stays where it is. */
export function takePresses(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.classList.contains("act")) return;
    event.preventDefault();
    const button = form.querySelector<HTMLButtonElement>("button[data-token]");
    if (!button || button.disabled || form.closest(".arming") || document.body.classList.contains("is-lost")) return;
    void (async () => {
      const question = button.dataset["confirm"];
      if (question !== undefined && !(await confirmed(question, button.textContent ?? ""))) return;
      const fields = button.dataset["form"] === undefined ? {} : await ask(button.dataset["form"]);
      if (fields !== null) await send(form, button, fields);
    })();
  });
}

/** Puts another incident into the middle column without leaving the page. */
export async function showIncident(path: string, remember: boolean): Promise<string | null> {
  const incident = path.split("/").at(-1) ?? "";
  // Without a connection the page stays as it is; the line above it says so.
  const response = await fetch(`/fragments/incident/${encodeURIComponent(incident)}`).catch(() => null);
  if (response === null) return null;
  if (!response.ok) {
    location.assign(path);
    return null;
  }
  const middle = document.querySelector<HTMLElement>("[data-middle]");
  if (!middle) return null;
  middle.innerHTML = await response.text();
  document.querySelector(".desk-grid")?.classList.remove("at-list");
  if (remember) history.pushState(null, "", path);
  answer = null;
  mark(incident);
  tick();
  return incident;
}

/** Marks the shown incident in the list. */
export function mark(incident: string): void {
  for (const link of all("[data-rows] a[aria-current]")) link.removeAttribute("aria-current");
  const link = document.querySelector<HTMLElement>(`[data-row="${CSS.escape(incident)}"] a`);
  link?.setAttribute("aria-current", "true");
  link?.scrollIntoView({ block: "nearest" });
}
