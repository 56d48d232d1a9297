import { parse, stringify } from "yaml";
import { z } from "zod";
import { messageOf } from "../../kernel/errors.ts";
import { type PolicyFinding, readDocument } from "../../policy/rules/check.ts";
import type { Published } from "../../policy/rules/published.ts";
import type { PolicyDocument } from "../../policy/rules/schema.ts";

const LONGEST = 400_000;

const playbooksSchema = z.record(z.string(), z.looseObject({ enabled: z.boolean().default(true) }));

/** A draft as it was read; without a document where it could not be. */
export interface ReadDraft {
  readonly document: PolicyDocument | null;
  readonly findings: readonly PolicyFinding[];
}

const refused = (where: string, what: string): ReadDraft => ({
  document: null,
  findings: [{ severity: "error", where, what }],
});

/**
 * Reads the `policy`, `people`, `rotas` and `playbooks` of a desk file, or of a piece of one. What the text leaves out stays as it
 * is in force; what else a desk file holds gives no rights and is passed over.
 */
export function readDraft(text: string, inForce: Published): ReadDraft {
  if (text.length > LONGEST) return refused("draft", `it has ${text.length} characters; write at most ${LONGEST}`);
  let value: unknown;
  try {
    value = parse(text.replaceAll("\r\n", "\n"), { uniqueKeys: true, maxAliasCount: 50 });
  } catch (error) {
    return refused("draft", messageOf(error).split("\n")[0] ?? "it is no YAML");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refused("draft", "write policy, people, rotas or playbooks as they stand in desk.yaml");
  const given = new Map(Object.entries(value));
  if (!["policy", "people", "rotas", "playbooks"].some((part) => given.has(part)))
    return refused("draft", "it names none of policy, people, rotas and playbooks, so nothing would change");
  const playbooks = playbooksSchema.safeParse(given.get("playbooks") ?? {});
  if (!playbooks.success)
    return refused("playbooks", "write each as name: { enabled: true } or name: { enabled: false }");
  const { document, findings } = readDocument({
    policy: given.get("policy") ?? inForce.policy,
    people: given.get("people") ?? peopleOf(inForce, (id) => id),
    rotas: given.get("rotas") ?? inForce.rotas,
  });
  if (document === null) return { document, findings };
  const off = Object.keys(playbooks.data).filter((name) => playbooks.data[name]?.enabled === false);
  return { document: { ...document, playbooksOff: given.has("playbooks") ? off : inForce.playbooksOff }, findings };
}

/** The rights of a document, published or not. */
type Rights = Pick<Published, "policy" | "people" | "playbooksOff" | "rotas">;

const peopleOf = (inForce: Rights, nameOf: (person: string) => string): PolicyDocument["people"] =>
  Object.fromEntries(
    Object.entries(inForce.people).map(([id, { roles }]) => [
      id,
      { name: nameOf(id).slice(0, 80) || id, roles: [...roles] },
    ]),
  );

/** Rules as a person edits them. */
export const draftText = (inForce: Rights, nameOf: (person: string) => string): string =>
  stringify(
    {
      people: peopleOf(inForce, nameOf),
      ...(Object.keys(inForce.rotas).length === 0 ? {} : { rotas: inForce.rotas }),
      playbooks: Object.fromEntries(inForce.playbooksOff.map((name) => [name, { enabled: false }])),
      policy: inForce.policy,
    },
    { lineWidth: 120, aliasDuplicateObjects: false },
  );

/** The document in force, with one playbook switched. */
export function withPlaybook(inForce: Published, name: string, on: boolean): PolicyDocument {
  const others = inForce.playbooksOff.filter((one) => one !== name);
  return {
    policy: inForce.policy,
    people: peopleOf(inForce, (id) => id),
    rotas: inForce.rotas,
    playbooksOff: on ? others : [...others, name],
  };
}
