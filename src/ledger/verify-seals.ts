import type { TransactionSql } from "postgres";
import type { Json } from "../kernel/canonical.ts";
import type { Seal } from "../kernel/seal.ts";
import type { Finding } from "./chain.ts";

/** Rows under one kind of seal: which they are, what the seal covers, and the seal itself. */
interface SealedRows {
  readonly purpose: string;
  readonly sql: string;
}

const iso = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** `facts` are written out here a second time, apart from the code that seals. */
const rows = (table: string, place: string, facts: string, only = "true"): string =>
  `select '${table} ' || ${place} as place, jsonb_build_object(${facts}) as facts, seal from breakwater.${table} where ${only}`;

const SEALED: readonly SealedRows[] = [
  {
    purpose: "plan",
    sql: rows(
      "plans",
      "hash",
      `'hash', hash, 'requestedBy', requested_by, 'incidentId', incident_id, 'runId', run_id,
        'createdAt', ${iso("created_at")}, 'expiresAt', ${iso("expires_at")}`,
    ),
  },
  {
    purpose: "approval",
    sql: rows(
      "approvals",
      "plan_hash",
      `'planHash', plan_hash, 'subject', subject, 'requestedBy', requested_by, 'runId', run_id, 'quorums', quorums,
        'needed', needed, 'roles', roles, 'stepUp', step_up, 'policyVersion', policy_version,
        'openedAt', ${iso("opened_at")}, 'expiresAt', ${iso("expires_at")}`,
    ),
  },
  {
    purpose: "vote",
    sql: rows(
      "votes",
      "plan_hash || ' ' || person",
      `'planHash', plan_hash, 'person', person, 'decision', decision, 'roles', roles, 'surface', surface,
        'stepUp', step_up, 'reason', reason, 'at', ${iso("at")}`,
    ),
  },
  {
    purpose: "claim",
    sql: `select 'plans ' || object as place, body::jsonb ->> 'seal' as seal, jsonb_build_object('hash', object,
        'claimedAt', body::jsonb -> 'claimedAt', 'approvedBy', body::jsonb -> 'approvedBy') as facts
      from breakwater.ledger where type = 'plan.claimed'`,
  },
  {
    purpose: "run",
    sql: rows(
      "runs",
      "id",
      `'id', id, 'playbook', playbook, 'version', version, 'incidentId', incident_id, 'requestedBy', requested_by,
        'trust', trust, 'input', input`,
    ),
  },
  {
    purpose: "incident",
    sql: rows("incidents", "id", `'id', id, 'kind', kind, 'trust', trust, 'source', source, 'severity', severity`),
  },
  {
    purpose: "grant",
    sql: rows(
      "role_grants",
      "person || ' ' || role",
      `'person', person, 'role', role, 'grantedBy', granted_by, 'grantedAt', ${iso("granted_at")}`,
    ),
  },
  {
    purpose: "policy",
    sql: rows(
      "policy_versions",
      "version",
      `'version', version, 'publishedAt', ${iso("published_at")}`,
      "state = 'published'",
    ),
  },
  {
    purpose: "passkey",
    sql: rows(
      "passkeys",
      "credential_id",
      `'credentialId', credential_id, 'person', person, 'publicKey', public_key, 'confirmedBy', confirmed_by`,
      "revoked_at is null",
    ),
  },
];

const BATCH = 1_000;
const MOST = 20;

/** Rows whose seal does not hold: they were written, or changed, by somebody who does not have the desk's key. */
export async function brokenSeals(sql: TransactionSql, seal: Seal): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { purpose, sql: text } of SEALED) {
    let broken = 0;
    const batches = sql.unsafe<{ place: string; facts: { [key: string]: Json }; seal: string | null }[]>(text);
    for await (const batch of batches.cursor(BATCH)) {
      for (const row of batch) {
        if (broken >= MOST || seal.holds(purpose, row.facts, row.seal ?? "")) continue;
        broken += 1;
        found.push({ where: row.place, why: "its seal is not this desk's: the row was written or changed by hand" });
      }
    }
  }
  return found;
}
