import { z } from "zod";
import { type Detector, type Params } from "../../detectors/detector.ts";
import { DETECTORS } from "../../detectors/load.ts";
import { type FeedVenue, PARSERS } from "./market/venues.ts";

const paramsOf = (params: Params) =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(params).map(([name, { about, unit, default: usual }]) => [
        name,
        z.number().min(0).optional().describe(`${about}; ${unit}, ${usual} where it is left out`),
      ]),
    ),
  );

const oneOf = ({ title, params }: Detector) =>
  z
    .strictObject({
      enabled: z.boolean().default(true).describe("false switches it off"),
      params: paramsOf(params).default({}),
    })
    .optional()
    .describe(title);

/** The part `detectors` of desk.yaml, made from the detectors' heads: what none of them has is refused with its line. */
export const detectorsSettings = z
  .strictObject(Object.fromEntries(DETECTORS.map((one) => [one.name, oneOf(one)])))
  .describe("Market detectors; absent ones run with their defaults");

type DetectorsSettings = z.infer<typeof detectorsSettings>;

/** The detectors that are on, and the settings put over their defaults. */
export function chosenDetectors(settings: DetectorsSettings): {
  readonly detectors: readonly Detector[];
  readonly params: Readonly<Record<string, Readonly<Record<string, number>>>>;
} {
  const given = ([, value]: readonly [string, number | undefined]): boolean => value !== undefined;
  return {
    detectors: DETECTORS.filter((one) => settings[one.name]?.enabled !== false),
    params: Object.fromEntries(
      Object.entries(settings).map(([name, one]) => [
        name,
        Object.fromEntries(Object.entries(one?.params ?? {}).filter(given)) as Record<string, number>,
      ]),
    ),
  };
}

/** The part `feeds` of desk.yaml: whose public streams are watched, and which instruments there. */
export const feedsSettings = z
  .strictObject(
    Object.fromEntries(
      Object.keys(PARSERS).map((venue) => [
        venue,
        z
          .array(z.string().regex(/^[A-Za-z0-9/_:.@-]{1,60}$/, "write the venue's own name of an instrument"))
          .min(1)
          .max(400)
          .optional()
          .describe(`Instruments at ${venue}, by the venue's own names`),
      ]),
    ) as Record<FeedVenue, z.ZodOptional<z.ZodArray<z.ZodString>>>,
  )
  .describe("Public market streams that the detectors watch; none where it is left out");
