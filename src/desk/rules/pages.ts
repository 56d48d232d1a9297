import { desc, eq, like } from "drizzle-orm";
import type { ChangeLine, ChangePage, RulesBackend } from "../../chat/console/rules.ts";
import type { Database, Db, Tx } from "../../db/client.ts";
import { approvals, policyVersions, ruleChanges } from "../../db/schema.ts";
import { durationWords } from "../../kernel/duration.ts";
import { DeskError } from "../../kernel/errors.ts";
import { fingerprintWords } from "../../kernel/plan.ts";
import { type RuleChange, changeQuorum, lockedOut, mayDraft, openChange } from "../../policy/rules/change.ts";
import { differences } from "../../policy/rules/compare.ts";
import type { Control } from "../../policy/judging/gather.ts";
import { rolesOf } from "../../policy/people/voices.ts";
import { passkeysOf } from "../../policy/people/passkeys.ts";
import { type Published, openDocument } from "../../policy/rules/published.ts";
import { simulate } from "../../policy/rules/simulate.ts";
import { aboutWords, limitWords, outcomeWords } from "../../policy/rules/words.ts";
import { draftText, readDraft } from "./draft-file.ts";
import { heldBy } from "./held.ts";
import type { RulesParts } from "./rules.ts";
import { voteLines } from "../people/vote-lines.ts";

const PREFIX = /^[0-9a-f]{16,64}$/;
const MOST_CHANGES = 30;
/** A page must not judge a year of plans while somebody waits; the command line has no such bound. */
const MOST_PLANS = 300;
const SHOWN_PLANS = 20;
const DAYS_BACK_MS = 90 * 86_400_000;

/** The rules in force. @throws DeskError POLICY_DENIED where none are */
export async function rulesInForce(tx: Tx, control: Control): Promise<Published> {
  const rules = await control.published(tx);
  if (rules === null)
    throw new DeskError("POLICY_DENIED", "no rules are in force, or their row was changed in the database by hand");
  return rules;
}

/** A change by at least sixteen characters of its hash; null where there is none. */
export async function findChange(db: Db, prefix: string): Promise<RuleChange | null> {
  if (!PREFIX.test(prefix)) return null;
  const rows = await db
    .select()
    .from(ruleChanges)
    .where(like(ruleChanges.hash, `${prefix}%`))
    .limit(2);
  return rows.length === 1 ? (rows[0] ?? null) : null;
}

/** Reads what the console shows of rules, drafts and changes. */
export function openRulesPages(parts: RulesParts): Pick<RulesBackend, "page" | "draft" | "change"> {
  const { database, control, nameOf } = parts;
  const { db } = database;
  const named = (actor: string): string => (actor.startsWith("person:") ? nameOf(actor.slice(7)) : actor);
  const lineOf = (row: RuleChange): ChangeLine => {
    const bytes = openChange(row);
    return {
      hash: row.hash,
      words: fingerprintWords(row.hash),
      requestedBy: named(bytes.requestedBy),
      reason: bytes.reason,
      loosens: bytes.loosens.length,
      tightens: bytes.tightens.length,
      state: row.state,
      opensAt: row.opensAt.toISOString(),
      openedAt: row.openedAt.toISOString(),
    };
  };

  return {
    page: (person) =>
      db.transaction(async (tx) => {
        const rules = await rulesInForce(tx, control);
        const [row] = await tx.select().from(policyVersions).where(eq(policyVersions.version, rules.version));
        const roles = await rolesOf(tx, control, person);
        const changes = await tx.select().from(ruleChanges).orderBy(desc(ruleChanges.openedAt)).limit(MOST_CHANGES);
        const quorum = changeQuorum(rules);
        return {
          version: rules.version,
          since: row?.publishedAt?.toISOString() ?? null,
          by: row === undefined || row.publishedBy === "system" ? "desk.yaml" : named(row.proposedBy),
          rules: rules.policy.rules.map((rule) => ({
            name: rule.name,
            title: rule.title ?? "",
            tier: rule.tier ?? "",
            about: aboutWords(rule),
            says: outcomeWords(rule.says),
            limits: rule.limits.map((limit) => `${limitWords(limit)}, beyond: ${outcomeWords(rule.beyond)}`),
          })),
          caps: rules.policy.hard.map(limitWords),
          playbooksOff: rules.playbooksOff,
          rotas: Object.entries(rules.rotas).map(
            ([name, rota]) => `${name}: ${rota.people.map(nameOf).join(", ")}, turns of ${durationWords(rota.shift)}`,
          ),
          changes: changes.map(lineOf),
          held: heldBy(parts.held, rules),
          needs: `${quorum.people} persons${quorum.roles.length === 0 ? "" : `, with ${quorum.roles.join(" and ")} among them`}, each with a passkey; then ${durationWords(rules.policy.change.timeLock)} of waiting`,
          mayDraft: mayDraft(roles),
          text: draftText(rules, nameOf),
        };
      }),
    async draft(person, sent) {
      // Browsers send every line break of a form as two characters.
      const text = sent.replaceAll("\r\n", "\n");
      const rules = await db.transaction((tx) => rulesInForce(tx, control));
      const { document, findings } = readDraft(text, rules);
      const roles = await db.transaction((tx) => rolesOf(tx, control, person));
      if (document === null) return { text, findings, differences: [], simulated: null, mayPropose: false };
      const stuck = lockedOut(document);
      const since = new Date((await databaseTime(database)).getTime() - DAYS_BACK_MS);
      const told = await db.transaction((tx) => simulate(tx, control, document, since, MOST_PLANS), {
        accessMode: "read only",
      });
      return {
        text,
        findings: [
          ...findings,
          ...(stuck === null ? [] : [{ severity: "warning" as const, where: "policy.change", what: stuck }]),
          ...(told.plans === 0 || told.neverHit.length === 0
            ? []
            : [
                {
                  severity: "warning" as const,
                  where: "policy.rules",
                  what: `never hit by a plan of the last 90 days: ${told.neverHit.join(", ")}`,
                },
              ]),
        ],
        differences: told.differences,
        simulated: {
          plans: told.plans,
          looser: told.looser,
          stricter: told.stricter,
          changed: told.changed.slice(0, SHOWN_PLANS).map((one) => ({
            at: one.at,
            what: `${one.action} on ${one.account}: ${one.before} would be ${one.after}`,
            looser: one.direction === "looser",
          })),
        },
        mayPropose: told.differences.length > 0 && mayDraft(roles),
      };
    },
    async change(person, prefix): Promise<ChangePage | null> {
      const row = await findChange(db, prefix);
      if (row === null) return null;
      const [question] = await db.select().from(approvals).where(eq(approvals.planHash, row.hash));
      const keys = await db.transaction((tx) => passkeysOf(tx, control, person));
      const shown = await contentOf(db, row);
      return {
        hash: row.hash,
        words: fingerprintWords(row.hash),
        state: row.state,
        opensAt: row.opensAt.toISOString(),
        openedAt: row.openedAt.toISOString(),
        incident: row.incidentId,
        from: row.fromVersion,
        to: row.version,
        sound: shown !== null,
        requestedBy: named(row.requestedBy),
        reason: shown?.reason ?? "",
        differences: shown?.differences ?? [],
        question: question
          ? {
              state: question.state,
              needed: question.needed,
              roles: question.roles,
              expiresAt: question.expiresAt.toISOString(),
            }
          : null,
        votes: await voteLines(db, row.hash, nameOf),
        hasPasskey: keys.length > 0,
        mine: row.requestedBy === `person:${person}`,
      };
    },
  };
}

async function databaseTime(database: Database): Promise<Date> {
  const [row] = await database.db.execute<{ now: string }>("select now() as now");
  return new Date(row?.now ?? 0);
}

/** What a change alters, from the two documents that its hashed bytes name; null where any of the three was changed by hand. */
async function contentOf(
  db: Database["db"],
  row: RuleChange,
): Promise<{ readonly reason: string; readonly differences: ReturnType<typeof differences> } | null> {
  try {
    const bytes = openChange(row);
    const open = async (version: string): Promise<Published> => {
      const [found] = await db.select().from(policyVersions).where(eq(policyVersions.version, version));
      return openDocument(version, found?.canonical ?? "");
    };
    if (bytes.to !== row.version || bytes.from !== row.fromVersion || bytes.requestedBy !== row.requestedBy)
      return null;
    return { reason: bytes.reason, differences: differences(await open(bytes.to), await open(bytes.from)) };
  } catch (error) {
    if (error instanceof RangeError || error instanceof DeskError) return null;
    throw error;
  }
}
