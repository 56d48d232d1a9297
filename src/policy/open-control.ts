import type { Database } from "../db/client.ts";
import type { Log } from "../kernel/log.ts";
import type { Secret } from "../kernel/secret.ts";
import { holdsBreakGlass } from "./people/break-glass.ts";
import type { Conditions, Control } from "./judging/gather.ts";
import { publishAtStart } from "./rules/publish-at-start.ts";
import { readPublished } from "./rules/published.ts";
import type { PolicyDocument } from "./rules/schema.ts";
import { openSeal } from "../kernel/seal.ts";

/**
 * Opens the control plane: the rules in force are those of the database. desk.yaml's rules become the first version by
 * themselves; later ones where they only tighten, and on a desk on paper. Loosening live rules needs people's consent:
 * `held` says what of the file was not taken for that.
 */
export async function openControl(options: {
  readonly database: Database;
  readonly document: PolicyDocument;
  readonly live: boolean;
  readonly sealKey: Secret;
  /** What the kill switch's marker on the disk says. */
  readonly halted: Control["halted"];
  readonly conditions: Conditions;
  readonly log: Log;
}): Promise<{ readonly control: Control; readonly held: readonly string[] }> {
  const { database, document, live, log } = options;
  const control = readControl(options.sealKey, options.halted, options.conditions);
  const result = await database.db.transaction((tx) =>
    publishAtStart(tx, control, document, { by: "system", loosen: !live }),
  );
  if (result.outcome === "kept")
    log.warn({ version: result.version }, "people changed the rules since desk.yaml was written; theirs stay in force");
  if (result.loosens.length > 0 && live)
    log.error(
      { loosens: result.loosens },
      "desk.yaml would loosen the rules; those in force stay until people consent",
    );
  return { control, held: result.outcome === "drafted" ? result.loosens : [] };
}

/** The control plane as it stands, for programs that only look: nothing is published. */
export function readControl(sealKey: Secret, halted: Control["halted"], conditions: Conditions): Control {
  const seal = openSeal(sealKey);
  const rights = { seal, published: readPublished(seal) };
  return {
    ...rights,
    halted,
    ...conditions,
    breakGlass: (tx, person, account) => holdsBreakGlass(tx, rights, person, account),
  };
}
