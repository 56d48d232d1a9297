import { figure } from "../../chat/console/figures.ts";
import type { SettingsView } from "../../chat/console/rows/people.ts";
import type { Config } from "../../config.ts";
import { durationWords } from "../../kernel/duration.ts";
import { aboutWords } from "../../policy/rules/words.ts";

/** Longer runs of digits are the ids of channels and people. */
const FIGURE = /^[+-]?\d{1,12}(\.\d+)?$/;

/** A setting's value as people read it: durations in words, lists with commas, parts with their names, nothing as "". */
function settingWords(value: unknown): string {
  if (Array.isArray(value))
    return value.map(settingWords).join(value.every((one) => typeof one === "string") ? ", " : "; ");
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([name, part]) => [name, settingWords(part)])
      .flatMap(([name, words]) => (words === "" ? [] : [`${name} ${words}`]))
      .join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  const text = String(value);
  return FIGURE.test(text) ? figure(text) : durationWords(text);
}

/** A part's settings, with the numbers of a list counted from one. */
const rowsOf = (part: object): readonly { label: string; value: string }[] =>
  Object.entries(part).map(([label, value]) => ({
    label: Array.isArray(part) ? String(Number(label) + 1) : label,
    value: settingWords(value),
  }));

/** The settings page: what is in force, without secrets, which desk.yaml does not hold. */
export const settingsOf = (config: Config): SettingsView => ({
  groups: [
    {
      title: "Desk",
      rows: [
        { label: "name", value: config.file.desk.name },
        { label: "file", value: config.deskName },
      ],
    },
    ...(["monitor", "detectors", "plans", "intake", "routes", "schedules"] as const).map((part) => ({
      title: part,
      rows: rowsOf(config.file[part]),
    })),
    {
      title: "policy",
      rows: config.file.policy.rules.map((rule) => ({
        label: rule.name,
        value: rule.title ?? aboutWords(rule),
      })),
    },
  ],
});
