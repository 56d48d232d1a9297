import { z } from "zod";
import { FIELD, matchersSchema } from "./match.ts";

const label = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, "must be a label's name");

/** The part `intake` of desk.yaml. */
export const intakeSettings = z
  .strictObject({
    correlate: z
      .array(
        z.strictObject({
          name: z
            .string()
            .regex(/^[a-z][a-z0-9-]{0,40}$/)
            .describe("A word for the group, part of what identifies its incident."),
          match: matchersSchema.describe("Which alerts the rule takes; all tests must hold."),
          by: z.array(label).max(10).describe("Alerts with equal values of these labels share an incident."),
        }),
      )
      .default([])
      .describe("Which different alerts belong together; the first rule that matches decides."),
    by: z
      .array(label)
      .default(["account", "venue", "instrument", "symbol", "service"])
      .describe("Without a rule, alerts of one kind with equal values of these labels share an incident."),
    inhibit: z
      .array(
        z.strictObject({
          source: matchersSchema
            .refine((list) => list.every((one) => one.field !== "source" && one.field !== "title"), {
              message: "tests kind, severity, trust or labels: an incident may have several sources and titles",
            })
            .describe(
              "While an unresolved incident that matches, and is believed as much as what it hides unless trust is tested here, still holds …",
            ),
          target: matchersSchema.describe("… alerts that match this open nothing …"),
          equal: z.array(label).max(10).describe("… where these labels have equal values on both."),
        }),
      )
      .default([])
      .describe("Which alerts are only consequences of others."),
    queue: z
      .int()
      .min(100)
      .max(100_000)
      .default(10_000)
      .describe("Alerts that may wait to be stored; more are refused with 429."),
  })
  .describe(`How alerts become incidents. Tests name ${FIELD}.`);

export type IntakeSettings = z.infer<typeof intakeSettings>;
