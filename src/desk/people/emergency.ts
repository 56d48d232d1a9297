import { desc, eq, ne } from "drizzle-orm";
import type { EmergencyBackend, EmergencyForm, EmergencyPage } from "../../chat/console/emergency.ts";
import { noteIncident } from "../../db/changes.ts";
import type { Database, Tx } from "../../db/client.ts";
import { breakGlass, incidents } from "../../db/schema.ts";
import { openIncident } from "../../incidents/lifecycle.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import { append } from "../../ledger/append.ts";
import {
  type EmergencyRequest,
  checkEmergency,
  emergencyDigest,
  openBreakGlass,
  reviewBreakGlass,
} from "../../policy/people/break-glass.ts";
import type { Control } from "../../policy/judging/gather.ts";
import { rolesOf } from "../../policy/people/voices.ts";
import { passkeysOf } from "../../policy/people/passkeys.ts";
import { beginBreakGlassStepUp, verifyTouch } from "../../policy/people/step-up.ts";
import { utcTime } from "../../policy/people/voted.ts";
import { identityAt } from "./console-identity.ts";
import type { Paging } from "../paging.ts";

/** What emergency powers stand on. */
export interface EmergencyParts {
  readonly database: Database;
  readonly control: Control;
  readonly accounts: readonly string[];
  readonly deskName: string;
  readonly nameOf: (person: string) => string;
  readonly everyone: Paging["everyone"];
}

const MINUTE_MS = 60_000;
const MOST = 20;

const requestOf = (form: EmergencyForm): EmergencyRequest => ({
  scope: form.scope.trim(),
  reason: form.reason.trim(),
  incidentId: form.incident.trim() === "" ? null : form.incident.trim(),
  forMs: /^\d{1,2}$/.test(form.minutes.trim()) ? Number(form.minutes) * MINUTE_MS : 0,
});

/** Answers the console's page of emergency powers. */
export function openEmergency(parts: EmergencyParts): EmergencyBackend {
  const { database, control, nameOf } = parts;
  const { db } = database;

  const known = async (tx: Tx, person: string, request: EmergencyRequest): Promise<void> => {
    await checkEmergency(tx, control, person, request);
    const account = request.scope.replace("account:", "");
    if (request.scope !== "firm" && !parts.accounts.includes(account))
      throw new DeskError("UNKNOWN_ACCOUNT", `there is no account ${account}; known are ${parts.accounts.join(", ")}`);
    if (request.incidentId === null) return;
    const [row] = await tx.select().from(incidents).where(eq(incidents.id, request.incidentId));
    if (row === undefined || row.status === "resolved")
      throw new DeskError("UNKNOWN_INCIDENT", `${request.incidentId.slice(0, 20)} is not open; name one that is`);
  };

  /** The incident that must not close before the review: the named one, or one of its own. */
  const incidentOf = async (tx: Tx, person: string, { scope, reason, incidentId }: EmergencyRequest): Promise<string> =>
    incidentId ??
    openIncident(
      tx,
      control.seal,
      { actor: `person:${person}`, surface: "console, with a passkey" },
      {
        kind: "break-glass",
        severity: "critical",
        title: `${nameOf(person)} took emergency powers over ${scope}`,
        summary: reason,
        labels: scope === "firm" ? { scope } : { account: scope.replace("account:", "") },
      },
    );

  return {
    async page(person): Promise<EmergencyPage> {
      const [roles, keys, rows, open] = await Promise.all([
        db.transaction((tx) => rolesOf(tx, control, person)),
        db.transaction((tx) => passkeysOf(tx, control, person)),
        db.select().from(breakGlass).orderBy(desc(breakGlass.openedAt)).limit(MOST),
        db.select().from(incidents).where(ne(incidents.status, "resolved")).orderBy(desc(incidents.seq)).limit(MOST),
      ]);
      const [clock] = await db.execute<{ now: string }>("select now() as now");
      const now = new Date(clock?.now ?? 0);
      const reviewer = roles.some((role) => role === "risk" || role === "compliance");
      return {
        refusal: roles.includes("break-glass")
          ? null
          : "Emergency powers need the role break-glass, which you do not hold.",
        hasPasskey: keys.length > 0,
        scopes: [...parts.accounts.map((id) => `account:${id}`), "firm"],
        incidents: open.map((row) => ({ incident: row.id, title: row.title })),
        uses: rows.map((row) => ({
          id: row.id,
          person: nameOf(row.person),
          scope: row.scope,
          reason: row.reason,
          incident: row.incidentId,
          openedAt: row.openedAt.toISOString(),
          expiresAt: row.expiresAt.toISOString(),
          active: row.expiresAt > now,
          reviewedBy: row.reviewedBy === null ? null : nameOf(row.reviewedBy),
          mine: reviewer && row.reviewedBy === null && row.person !== person,
        })),
      };
    },
    begin: (person, origin, form) =>
      db.transaction(async (tx) => {
        const request = requestOf(form);
        await known(tx, person, request);
        const where = identityAt(origin, parts.deskName);
        return beginBreakGlassStepUp(tx, control, where, person, emergencyDigest(request));
      }),
    async open(person, origin, form, response) {
      const request = requestOf(form);
      const planHash = emergencyDigest(request);
      try {
        return await db.transaction(async (tx) => {
          await known(tx, person, request);
          const touch = { person, purpose: "break-glass" as const, planHash, response: response as never };
          await verifyTouch(tx, control, identityAt(origin, parts.deskName), touch);
          const incident = await incidentOf(tx, person, request);
          const use = await openBreakGlass(tx, control, person, { ...request, incidentId: incident });
          const until = utcTime(use.expiresAt);
          await noteIncident(tx, {
            incident,
            type: "break-glass.opened",
            actor: `person:${person}`,
            text: `took emergency powers over ${use.scope} until ${until}: ${use.reason}`,
          });
          const why = `${nameOf(person)} took emergency powers over ${use.scope} until ${until}: ${use.reason}`;
          const called = await parts.everyone(tx, { incident, key: use.id.slice(0, 12), summary: why });
          const told =
            called.length > 0
              ? `Everyone is paged through ${called.join(" and ")}.`
              : "No pager is configured, so nobody was called; tell the others yourself.";
          const text = `Until ${until} what only reduces risk in ${use.scope} and was asked for by you from now on needs no approval. ${told} ${incident} stays open until another person reviewed it.`;
          return { ok: true, text, incident };
        });
      } catch (error) {
        if (error instanceof DeskError && error.code === "NOT_ALLOWED")
          await db.transaction((tx) =>
            append(tx, {
              actor: `person:${person}`,
              type: "break-glass.refused",
              object: request.scope.slice(0, 80),
              body: { reason: request.reason.slice(0, 500), why: messageOf(error) },
            }),
          );
        throw error;
      }
    },
    async review(person, use, finding) {
      const whose = await db.transaction((tx) => reviewBreakGlass(tx, control, use, person, finding));
      return { ok: true, text: `You reviewed the emergency powers of ${nameOf(whose)}.` };
    },
  };
}
