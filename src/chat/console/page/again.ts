import { tick } from "./clock.ts";
import { applyCard, mark, shownIncident } from "./incident.ts";
import { replaceRows } from "./list.ts";
import { refreshParts } from "./parts.ts";

const PAUSE_MS = 3_000;
let waiting = false;

/** The incident's parts as the server draws them now, put where the old ones stand. */
async function refreshIncident(incident: string): Promise<void> {
  const answer = await fetch(`/fragments/incident/${encodeURIComponent(incident)}`);
  if (!answer.ok) return;
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  const part = (selector: string): HTMLElement | null => template.content.querySelector<HTMLElement>(selector);
  const card = part("[data-card]");
  applyCard({
    incident,
    version: card?.dataset["version"],
    card: card?.outerHTML ?? "",
    steps: part("[data-steps]")?.outerHTML ?? "",
    timeline: part("[data-timeline]")?.outerHTML ?? "",
    bar: part("[data-bar]")?.outerHTML ?? "",
  });
}

/**
 * Fetches everything shown anew, because changes were missed: after a restart, or in a storm too fast for this page.
 * The page itself stays, with what was typed; at most once in three seconds.
 */
export function startOver(): void {
  if (waiting) return;
  waiting = true;
  window.setTimeout(
    () => {
      waiting = false;
      void (async () => {
        const rows = await fetch(`/fragments/rows${location.search}`);
        const incident = shownIncident();
        if (rows.ok) replaceRows(await rows.text());
        if (incident) await refreshIncident(incident);
        if (incident) mark(incident);
        await refreshParts();
        tick();
      })();
    },
    performance.now() < PAUSE_MS ? PAUSE_MS : 0,
  );
}
