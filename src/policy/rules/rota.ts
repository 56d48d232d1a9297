import { DateTime, IANAZone } from "luxon";
import { z } from "zod";

const person = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "write a person's id, such as ana");
const WALL = "yyyy-MM-dd'T'HH:mm";

/** `rotas` of desk.yaml and of the rules in force: who is on call when, by turns. */
export const rotasSettings = z
  .record(
    z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "write lower-case words with hyphens, such as risk-desk"),
    z.strictObject({
      zone: z
        .string()
        .refine((zone) => IANAZone.isValidZone(zone), "write an IANA zone, such as Europe/Zurich")
        .describe("IANA zone in which the shifts change"),
      starts: z
        .string()
        .refine((text) => DateTime.fromFormat(text, WALL).isValid, "write a day and time, such as '2026-01-05T09:00'")
        .describe("When the first person's first shift began, in the zone's own time"),
      shift: z
        .string()
        .regex(/^[1-9]\d{0,2}[hdw]$/, "write 12h, 1d or 1w")
        .default("1w")
        .describe("How long a shift is; days and weeks keep their hour over summer time"),
      people: z.array(person).min(1).describe("Who takes turns, in this order"),
      overrides: z
        .array(
          z
            .strictObject({ person, from: z.iso.datetime({ offset: true }), until: z.iso.datetime({ offset: true }) })
            .refine(({ from, until }) => Date.parse(from) < Date.parse(until), "until must be after from"),
        )
        .default([])
        .describe("Who stands in for whoever's turn it is; the last one that covers a moment counts"),
    }),
  )
  .default({})
  .describe(
    "On-call rotas by name, part of the rules that are published: rules with onCall deny where none is in force",
  );

/** The desk's rotas by name. */
export type Rotas = z.infer<typeof rotasSettings>;
type Rota = Rotas[string];

const UNITS = { h: "hours", d: "days", w: "weeks" } as const;

/** Whose turn it is; null before the rota's first shift. */
export function onCallOf(rota: Rota, at: Date): string | null {
  const instead = rota.overrides.findLast(
    ({ from, until }) => Date.parse(from) <= at.getTime() && at.getTime() < Date.parse(until),
  );
  if (instead) return instead.person;
  const starts = DateTime.fromFormat(rota.starts, WALL, { zone: rota.zone });
  const now = DateTime.fromJSDate(at, { zone: rota.zone });
  if (now < starts) return null;
  const unit = UNITS[rota.shift.at(-1) as keyof typeof UNITS];
  const shifts = Math.floor(now.diff(starts, unit).get(unit) / Number.parseInt(rota.shift, 10));
  return rota.people[shifts % rota.people.length] ?? null;
}

/** Everyone who is on call, each once, in the order of the rotas. */
export const everyoneOnCall = (rotas: Rotas, at: Date): readonly string[] => [
  ...new Set(Object.values(rotas).flatMap((rota) => onCallOf(rota, at) ?? [])),
];

/** Whether a person is on call by any rota; null where there is no rota, or one of them has not begun. */
export function isOnCall(rotas: Rotas, who: string, at: Date): boolean | null {
  const turns = Object.values(rotas).map((rota) => onCallOf(rota, at));
  if (turns.includes(who)) return true;
  return turns.length === 0 || turns.includes(null) ? null : false;
}

/** What is wrong between rotas and the desk's people, each with its place; nothing where they fit. */
export function rotaProblems(
  rotas: Rotas,
  people: Readonly<Record<string, unknown>>,
): readonly { readonly where: string; readonly what: string }[] {
  return Object.entries(rotas).flatMap(([name, rota]) => {
    const named = new Set([...rota.people, ...rota.overrides.map((one) => one.person)]);
    const taken = name in people ? ["is also a person's id, and /page takes both; rename one"] : [];
    const strangers = [...named].filter((one) => !(one in people));
    return [...taken, ...strangers.map((one) => `names ${one}, who is not one of the desk's people`)].map((what) => ({
      where: `rotas.${name}`,
      what,
    }));
  });
}
