import { eq } from "drizzle-orm";
import type { RulesBackend } from "../../chat/console/rules.ts";
import type { Reply } from "../../chat/surface.ts";
import { noteIncident } from "../../db/changes.ts";
import type { Database } from "../../db/client.ts";
import { incidents, ruleChanges } from "../../db/schema.ts";
import { openIncident, resolveIn } from "../../incidents/lifecycle.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import { fingerprintWords } from "../../kernel/plan.ts";
import type { Wake } from "../../policy/people/approvals.ts";
import {
  type RuleChange,
  changeQuorum,
  checkDrafter,
  proposeChange,
  settleChanges,
} from "../../policy/rules/change.ts";
import type { Control } from "../../policy/judging/gather.ts";
import { voices } from "../../policy/people/voices.ts";
import { type Limited, emptyLimits } from "../../policy/rules/playbook-limits.ts";
import type { Published } from "../../policy/rules/published.ts";
import { meets } from "../../policy/people/quorum.ts";
import type { PolicyDocument } from "../../policy/rules/schema.ts";
import { approveChange, beginChangeStepUp, recordRefusedTouch } from "../../policy/people/step-up.ts";
import { castVote } from "../../policy/people/vote.ts";
import { changeVotedText, noteVote } from "../../policy/people/voted.ts";
import type { Person } from "../command.ts";
import { identityAt } from "../people/console-identity.ts";
import { readDraft, withPlaybook } from "./draft-file.ts";
import { resolveHeld } from "./held.ts";
import { findChange, openRulesPages, rulesInForce } from "./pages.ts";
import { utcMinute } from "../../kernel/utc.ts";

/** What changing the rules stands on. */
export interface RulesParts {
  readonly database: Database;
  readonly control: Control;
  readonly wake: Wake;
  readonly deskName: string;
  readonly nameOf: (person: string) => string;
  /** desk.yaml's rules where they were not taken at the start, because they loosen; else null. */
  readonly held: PolicyDocument | null;
  /** Every installed playbook. */
  readonly playbooks: readonly Limited[];
}

/** Who asks, and through which surface. */
type Asking = Pick<Person, "id" | "surface">;

/** Changing rules, people and playbooks: for the console's pages, for commands and for the sweep. */
export interface Rules extends RulesBackend {
  /** Proposes a draft as its text says. @throws DeskError INPUT_INVALID with all that is wrong with it */
  proposeText(by: Asking, text: string, reason: string): Promise<Reply & { readonly hash: string | null }>;
  /** Switches a playbook off at once, or asks people to switch it on. @throws DeskError POLICY_DENIED where its limits are empty */
  switchPlaybook(by: Asking, name: string, on: boolean, reason: string): Promise<Reply>;
  /** A vote by the change's words or hash; null where no change is meant. */
  vote(by: Asking, text: string, decision: "approve" | "deny", reason: string | null): Promise<Reply | null>;
  /**
   * Puts in force what was approved and is behind its time-lock, closes what was refused or overtaken, and the incidents of
   * rules that desk.yaml is no longer held back with.
   */
  settle(): Promise<void>;
}

const pathOf = (hash: string): string => `/rules/changes/${hash.slice(0, 16)}`;
const linkTo = (hash: string) => ({ label: "The change in the console", url: pathOf(hash) });

/** Opens the change of rules over the control plane. */
export function openRules(parts: RulesParts): Rules {
  const { database, control, wake, nameOf } = parts;
  const { db } = database;
  /** The version under which held rules were looked at last. */
  let looked: string | null = null;

  const known = async (prefix: string): Promise<RuleChange> => {
    const row = await findChange(db, prefix);
    if (row === null) throw new DeskError("ROUTE_UNKNOWN", `there is no change ${prefix.slice(0, 20)}`);
    return row;
  };

  /** A playbook is not switched on without a limit of its own, by whatever way it is asked for. */
  const refuseEmptyLimits = (after: PolicyDocument, before: Published): void => {
    for (const playbook of parts.playbooks) {
      if (!before.playbooksOff.includes(playbook.name) || after.playbooksOff?.includes(playbook.name) === true)
        continue;
      const empty = emptyLimits(after.policy, playbook);
      if (empty.length > 0)
        throw new DeskError(
          "POLICY_DENIED",
          `${playbook.name} cannot be switched on: nothing limits its ${empty.join(" and ")}; give the rules a limit or a hard cap per playbook first`,
        );
    }
  };

  const proposeDocument = (by: Asking, make: (before: Published) => PolicyDocument, reason: string) =>
    db.transaction(async (tx): Promise<Reply & { readonly hash: string | null }> => {
      const before = await rulesInForce(tx, control);
      const document = make(before);
      const actor = `person:${by.id}`;
      await checkDrafter(tx, control, actor);
      refuseEmptyLimits(document, before);
      const result = await proposeChange(tx, control, document, actor, reason);
      if (result.outcome === "unchanged")
        return { ok: false, text: "These are the rules in force already; nothing was changed.", hash: null };
      const { hash } = result;
      const at = { actor, surface: by.surface };
      if (result.outcome === "published") {
        const title = `${nameOf(by.id)} tightened the rules`;
        const incident = await openIncident(tx, control.seal, at, {
          kind: "rules.change",
          severity: "low",
          title,
          summary: reason,
        });
        await tx.update(ruleChanges).set({ incidentId: incident }).where(eq(ruleChanges.hash, hash));
        await resolveIn(tx, incident, "handled", at, "What only tightens is in force at once.");
        const text =
          "In force at once: it only tightens. What waited for approval under the rules before must be asked for anew.";
        return { ok: true, text, incident, link: linkTo(hash), hash };
      }
      const quorum = changeQuorum(before);
      const until = utcMinute(result.opensAt);
      const count = `${result.loosens.length} ${result.loosens.length === 1 ? "thing loosens" : "things loosen"}`;
      const incident = await openIncident(tx, control.seal, at, {
        kind: "rules.change",
        severity: "medium",
        title: `${nameOf(by.id)} asks to change the rules: ${count}`,
        summary: `${reason} It needs ${quorum.people} persons with a passkey on ${pathOf(hash)}, and is not in force before ${until} UTC.`,
      });
      await tx.update(ruleChanges).set({ incidentId: incident }).where(eq(ruleChanges.hash, hash));
      const others = (await voices(tx, control)).filter((one) => one.id !== by.id);
      const hopeless = meets(quorum, others)
        ? ""
        : " As the desk is, nobody could approve it: too few people beside you hold these roles.";
      return {
        ok: true,
        text: `Asked for: ${count}. The rules before hold until ${quorum.people} others, with ${quorum.roles.join(" and ")} among them, approved it with a passkey, and not before ${until} UTC.${hopeless}`,
        incident,
        link: linkTo(hash),
        hash,
      };
    });

  const documentOf = (text: string, before: Published): PolicyDocument => {
    const { document, findings } = readDraft(text, before);
    if (document === null)
      throw new DeskError("INPUT_INVALID", findings.map((one) => `${one.where}: ${one.what}`).join("; "));
    return document;
  };

  const voted = async (
    row: RuleChange,
    by: Asking,
    decision: "approve" | "deny",
    reason: string | null,
  ): Promise<Reply> =>
    db.transaction(async (tx) => {
      const ballot = { planHash: row.hash, person: by.id, decision, surface: by.surface, reason, stepUp: false };
      const result = await castVote(tx, control, ballot, wake);
      await noteVote(tx, row, result, { person: by, decision, reason });
      return { ...changeVotedText(result, decision, row), link: linkTo(row.hash) };
    });

  const byText = async (text: string): Promise<RuleChange | null> => {
    const wanted = text.trim().toLowerCase();
    const waiting = await db.select().from(ruleChanges).where(eq(ruleChanges.state, "waiting"));
    const found = waiting.filter(
      (row) =>
        fingerprintWords(row.hash) === wanted || (/^[0-9a-f]{8,64}$/.test(wanted) && row.hash.startsWith(wanted)),
    );
    return found.length === 1 ? (found[0] ?? null) : null;
  };

  return {
    ...openRulesPages(parts),
    async propose(person, text, reason) {
      const { hash, ...reply } = await proposeDocument(
        { id: person, surface: "console" },
        (before) => documentOf(text, before),
        reason,
      );
      return { reply, hash };
    },
    proposeText: (by, text, reason) => proposeDocument(by, (before) => documentOf(text, before), reason),
    async switchPlaybook(by, name, on, reason) {
      if (!parts.playbooks.some((one) => one.name === name))
        throw new DeskError(
          "UNKNOWN_PLAYBOOK",
          `there is no playbook ${name.slice(0, 60)}; installed are ${parts.playbooks.map((one) => one.name).join(", ")}`,
        );
      const { hash: _, ...reply } = await proposeDocument(by, (before) => withPlaybook(before, name, on), reason);
      if (!reply.ok)
        return { ok: false, text: `${name} is switched ${on ? "on" : "off"} already; nothing was changed.` };
      return on ? reply : { ...reply, text: `${name} is switched off: nothing it plans is sent. ${reply.text}` };
    },
    async vote(by, text, decision, reason) {
      const row = await byText(text);
      return row === null ? null : voted(row, by, decision, reason);
    },
    async begin(person, prefix, origin) {
      const { hash } = await known(prefix);
      return db.transaction((tx) => beginChangeStepUp(tx, control, identityAt(origin, parts.deskName), person, hash));
    },
    async approve(person, prefix, origin, typed, response) {
      const row = await known(prefix);
      try {
        return await db.transaction(async (tx) => {
          const given = { person, hash: row.hash, typed, response: response as never };
          const result = await approveChange(tx, control, identityAt(origin, parts.deskName), given, wake);
          const who = { id: person, surface: "console, with a passkey" };
          await noteVote(tx, row, result, { person: who, decision: "approve", reason: null });
          return changeVotedText(result, "approve", row);
        });
      } catch (error) {
        if (error instanceof DeskError && error.code === "NOT_ALLOWED")
          await db.transaction((tx) => recordRefusedTouch(tx, person, row.hash, messageOf(error)));
        throw error;
      }
    },
    async deny(person, prefix, reason) {
      return voted(
        await known(prefix),
        { id: person, surface: "console" },
        "deny",
        reason.trim().slice(0, 500) || null,
      );
    },
    async settle() {
      await db.transaction(async (tx) => {
        for (const { change, state, why } of await settleChanges(tx, control, wake)) {
          if (change.incidentId === null) continue;
          const words = fingerprintWords(change.hash);
          const text =
            state === "published"
              ? `The rules "${words}" are in force. What waited for approval under the rules before must be asked for anew.`
              : `The change "${words}" is not in force: ${why ?? state}.`;
          const [incident] = await tx.select().from(incidents).where(eq(incidents.id, change.incidentId));
          const by = { actor: "service:rules", surface: "the desk" };
          if (incident !== undefined && incident.status !== "resolved")
            await resolveIn(tx, incident.id, "handled", by, text);
          else await noteIncident(tx, { incident: change.incidentId, type: "rules.change", actor: by.actor, text });
        }
        const inForce = await control.published(tx);
        if (inForce === null || inForce.version === looked) return;
        await resolveHeld(tx, parts.held, inForce, looked === null);
        looked = inForce.version;
      });
    },
  };
}
