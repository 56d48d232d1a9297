import { all, tick } from "./clock.ts";

const PAUSE_MS = 2_000;
let asked = 0;

/** In use: something in it is focused, opened or selected, and must not be replaced under the person's hands. */
const inUse = (part: HTMLElement): boolean =>
  part.contains(document.activeElement) ||
  part.querySelector("details[open]") !== null ||
  (getSelection()?.isCollapsed === false && part.contains(getSelection()?.anchorNode ?? null));

/** Brings the parts of a table page up to date by asking for the page again, at most every two seconds. */
export async function refreshParts(): Promise<void> {
  const now = performance.now();
  if (now - asked < PAUSE_MS || document.hidden || all("[data-part]").length === 0) return;
  asked = now;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of all("[data-part]")) {
    const next = page.querySelector(`[data-part="${CSS.escape(part.dataset["part"] ?? "")}"]`);
    if (next && !inUse(part)) part.replaceWith(next);
  }
  tick();
}
