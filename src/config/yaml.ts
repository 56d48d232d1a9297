import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import type { Problem } from "./environment.ts";

/** What the person wrote, for the problem's line; secrets do not stand in desk.yaml. */
const shown = (value: unknown): string =>
  value === undefined ? "missing" : `was ${JSON.stringify(value)?.slice(0, 80)}`;

const at = (root: unknown, keys: readonly PropertyKey[]): unknown =>
  keys.reduce<unknown>(
    (value, key) =>
      value !== null && typeof value === "object" ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );

/** What to write instead; of a choice the words themselves. */
const remedyOf = (issue: z.core.$ZodIssue): string =>
  issue.code === "invalid_value"
    ? `write ${issue.values.map(String).join(", ")}`.replace(/, ([^,]*)$/, " or $1")
    : issue.message;

/** Reads YAML by a schema; every problem names file, line, path, value and remedy. Null where there is any. */
export function parseYaml<S extends z.ZodType>(
  text: string,
  name: string,
  schema: S,
  problems: Problem[],
): z.infer<S> | null {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  for (const error of document.errors)
    problems.push({
      where: `${name} line ${lines.linePos(error.pos[0]).line}`,
      what: `${error.message.split("\n")[0]}; correct the YAML`,
    });
  if (document.errors.length > 0) return null;
  const value: unknown = document.toJS({ maxAliasCount: 50 });
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const placeOf = (keys: readonly PropertyKey[]): string => {
    const node = document.getIn(
      keys.filter((key): key is string | number => typeof key !== "symbol"),
      true,
    ) as { range?: [number] } | undefined;
    const line = node?.range ? ` line ${lines.linePos(node.range[0]).line}` : "";
    return `${name}${line} ${keys.map(String).join(".") || "(top)"}`;
  };
  for (const issue of parsed.error.issues) {
    if (issue.code === "unrecognized_keys")
      // Each unknown name has its own line; the part around it says nothing about it.
      for (const key of issue.keys)
        problems.push({
          where: placeOf([...issue.path, key]),
          what: "is no setting here; correct its name or remove it",
        });
    else problems.push({ where: placeOf(issue.path), what: `${shown(at(value, issue.path))}; ${remedyOf(issue)}` });
  }
  return null;
}
