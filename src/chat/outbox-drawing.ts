import type { Card } from "./card.ts";

/** The newest card of an incident, in no older version than `atLeast` where there is one; null where it is not known. */
export type Draw = (incidentId: string, atLeast: number) => Promise<Card | null>;

/** Surfaces that show the same change at the same moment share one drawing, if it is new enough for each. */
export function sharedDrawing(cardOf: (incidentId: string) => Promise<Card | null>): Draw {
  const under = new Map<string, Promise<Card | null>>();
  const draw = (incidentId: string): Promise<Card | null> => {
    const drawing = cardOf(incidentId).finally(() => {
      if (under.get(incidentId) === drawing) under.delete(incidentId);
    });
    under.set(incidentId, drawing);
    return drawing;
  };
  return async (incidentId, atLeast) => {
    const begun = under.get(incidentId);
    if (begun === undefined) return draw(incidentId);
    const card = await begun;
    // One that began before the change was written may show what was before it.
    return card && card.version >= atLeast ? card : draw(incidentId);
  };
}
