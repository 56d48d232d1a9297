import type { PolicyTold } from "./line.ts";

/** What the rules would have said, for people: the outcome, then the rules that decided, one a line. */
export function policyText({ outcome, people, roles, stepUp, holdMs, reasons }: PolicyTold): readonly string[] {
  const asked = `${people} ${people === 1 ? "person" : "people"}${roles.length > 0 ? `, ${roles.join(" and ")} among them` : ""}${stepUp ? ", with a step-up" : ""}`;
  const said = {
    allow: "runs by itself",
    quorum: `asks ${asked}`,
    hold: `waits ${Math.ceil(holdMs / 60_000)} min${people > 0 ? `, then asks ${asked}` : ""}`,
    deny: "denies it",
  }[outcome];
  return [`policy: ${outcome}, ${said}`, ...reasons.map((one) => `  ${one}`)];
}
