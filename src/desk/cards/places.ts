import { PRIORITY, type Place, type Priority, showCards } from "../../chat/outbox-rows.ts";
import type { SurfaceName } from "../../chat/surface.ts";
import type { Config, DeskFile } from "../../config.ts";
import type { incidents } from "../../db/schema.ts";
import type { Placing } from "../../intake/passing.ts";

type IncidentRow = typeof incidents.$inferSelect;
type Route = DeskFile["routes"][number];

/** The first route that takes an incident. */
export function routeOf(
  routes: readonly Route[],
  incident: Pick<IncidentRow, "severity" | "kind" | "labels">,
): Route | undefined {
  return routes.find(
    ({ match }) =>
      (match.severity === undefined || match.severity.includes(incident.severity)) &&
      (match.kind === undefined || match.kind.includes(incident.kind)) &&
      (match.account === undefined || match.account.includes(incident.labels["account"] ?? "")),
  );
}

/** The kind of the incidents that carry a digest. */
export const DIGEST_KIND = "risk.digest";

/** Decisions first, then criticals, then the rest, digests last. */
export function priorityOf(
  incident: Pick<IncidentRow, "kind" | "status" | "severity">,
  justDecided: boolean,
): Priority {
  if (incident.kind === DIGEST_KIND) return PRIORITY.digest;
  if (justDecided || incident.status === "resolved") return PRIORITY.decision;
  return incident.severity === "critical" ? PRIORITY.critical : PRIORITY.update;
}

/** The channels whose cards an incident gets; null where no chat surface is configured. */
export function openPlaces(config: Config): ((incident: Parameters<typeof routeOf>[1]) => readonly Place[]) | null {
  const { environment, file } = config;
  const surfaces = [
    ...(environment.secret("SLACK_BOT_TOKEN") ? (["slack"] as const) : []),
    ...(environment.secret("DISCORD_TOKEN") ? (["discord"] as const) : []),
  ];
  if (surfaces.length === 0) return null;
  return (incident) => {
    const route = routeOf(file.routes, incident);
    return surfaces.flatMap((surface) => {
      const channel = route?.[surface][0];
      return channel ? [{ surface, channel }] : [];
    });
  };
}

/** Asks for the cards of new incidents in the channels that their routes name; null where no chat surface is configured. */
export function openPlacing(config: Config): Placing | null {
  const placesOf = openPlaces(config);
  if (placesOf === null) return null;
  return (tx, opened) =>
    showCards(
      tx,
      opened.map((one) => ({
        incidentId: one.id,
        version: one.version,
        priority: priorityOf({ ...one, status: "open" }, false),
        places: placesOf(one),
      })),
    );
}

/** The channel that a route names after the one that refused. */
export function nextChannel(routes: readonly Route[], surface: SurfaceName, refused: string): Place | null {
  if (surface === "console") return null;
  for (const route of routes) {
    const at = route[surface].indexOf(refused);
    const channel = at < 0 ? undefined : route[surface][at + 1];
    if (channel) return { surface, channel };
  }
  return null;
}
