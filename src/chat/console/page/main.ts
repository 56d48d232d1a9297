import { startOver } from "./again.ts";
import { drawCharts, growCharts, recolourCharts } from "./chart.ts";
import { all, tick } from "./clock.ts";
import { openCommandLine } from "./command.ts";
import { applyCard, mark, replace, showIncident, shownIncident, takePresses } from "./incident.ts";
import { listenKeys } from "./keys.ts";
import { applyRow, watchList } from "./list.ts";
import { refreshParts } from "./parts.ts";
import { applyQuote, applyQuotes, showsMarket, watchMarket } from "./market.ts";
import { openPasskeyForms } from "./passkey.ts";
import { openRisk } from "./risk.ts";
import { drawScores, recolourScores } from "./scores.ts";
import { openReplay, recolourReplay } from "./replay.ts";
import { openStream } from "./stream.ts";

const THEME = "breakwater.theme";
/** The tab's title without the count: "INC-7 Margin ratio … · Harbour Desk PAPER". */
let title = document.title;

/** Theme: as the system says, dark, light; the choice stays in this browser. */
function offerThemes(): void {
  for (const button of all<HTMLButtonElement>("[data-theme-toggle]")) {
    const root = document.documentElement;
    const label = (): void => {
      button.textContent = `Theme: ${root.dataset["theme"] ?? "system"}`;
    };
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      const next = { system: "dark", dark: "light", light: "system" }[root.dataset["theme"] ?? "system"] ?? "system";
      if (next === "system") {
        delete root.dataset["theme"];
        localStorage.removeItem(THEME);
      } else {
        root.dataset["theme"] = next;
        localStorage.setItem(THEME, next);
      }
      label();
      recolourCharts();
      recolourScores();
      recolourReplay();
    });
  }
}

/** Counts of what waits, in the navigation and in the tab's title. */
function count(): void {
  const pending = Number(document.querySelector<HTMLElement>("[data-status]")?.dataset["pendingCount"] ?? "0");
  for (const badge of all("[data-count-pending]")) {
    badge.textContent = String(pending);
    badge.hidden = pending === 0;
  }
  document.title = pending > 0 ? `(${pending}) ${title}` : title;
}

if (document.body.classList.contains("bare")) {
  tick();
  openPasskeyForms();
} else {
  document.body.classList.add("has-script");
  // On a phone the pages' names go beyond the screen: where we are must be seen.
  document.querySelector("nav [aria-current='page']")?.scrollIntoView({ block: "nearest", inline: "center" });
  const stream = openStream(showsMarket() ? "market" : shownIncident());
  let shownPath = location.pathname;
  const go = async (path: string, remember: boolean): Promise<void> => {
    const incident = await showIncident(path, remember);
    if (incident === null) return;
    shownPath = location.pathname;
    stream.focus(incident);
    title = `${incident} ${document.querySelector("#card-title")?.textContent ?? ""} · ${title.split(" · ").at(-1) ?? ""}`;
    count();
    await drawCharts();
  };
  stream.on("card", applyCard);
  stream.on("row", applyRow);
  stream.on("quote", applyQuote);
  stream.on("quotes", applyQuotes);
  stream.on("side", (data) => {
    replace("[data-side]", String(data["html"]));
    tick();
  });
  stream.on("pending", (data) => {
    replace("[data-pending]", String(data["html"]));
    tick();
  });
  stream.on("status", (data) => {
    replace("[data-status]", String(data["html"]));
    count();
    void refreshParts();
  });
  stream.on("moved", (data) => void growCharts(data["accounts"] as readonly string[]));
  stream.on("reset", startOver);
  stream.on("beat", (data) => {
    // A newer program speaks to an older page: fetch the page that belongs to it.
    if (data["build"] !== document.body.dataset["build"]) location.reload();
  });
  takePresses();
  watchList();
  watchMarket();
  openCommandLine();
  offerThemes();
  openPasskeyForms();
  openRisk();
  void openReplay();
  listenKeys((link) => void go(link.pathname, true));
  document.addEventListener("click", (event) => {
    const link =
      event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href^='/incidents/']") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !document.querySelector("[data-middle]")) return;
    event.preventDefault();
    void go(link.pathname, true);
  });
  window.addEventListener("popstate", () => {
    if (location.pathname.startsWith("/incidents/")) void go(location.pathname, false);
    // A place within the page shown is no other page.
    else if (location.pathname !== shownPath) location.reload();
  });
  const shown = shownIncident();
  if (shown) mark(shown);
  count();
  tick();
  void drawCharts();
  drawScores();
}
