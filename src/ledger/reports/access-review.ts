import type { Sql } from "postgres";
import type { Report } from "./report.ts";

const ROWS = `select g.person, g.role, g.granted_by, to_char(g.granted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as granted,
    coalesce(to_char(g.revoked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '') as revoked,
    coalesce((select to_char(max(l.at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from breakwater.ledger l where l.actor = 'person:' || g.person), '') as active,
    (select count(*) from breakwater.votes v where v.person = g.person)::text as votes,
    (select count(*) from breakwater.passkeys k where k.person = g.person and k.revoked_at is null and k.confirmed_at is not null)::text as passkeys,
    (select count(*) from breakwater.links k where k.person = g.person)::text as links,
    (select count(*) from breakwater.break_glass b where b.person = g.person)::text as emergencies
  from breakwater.role_grants g order by g.person, g.role, g.granted_at`;

const COLUMNS = [
  { name: "person", source: "role_grants.person" },
  { name: "role", source: "role_grants.role" },
  { name: "granted_by", source: "role_grants.granted_by" },
  { name: "granted", source: "role_grants.granted_at" },
  { name: "revoked", source: "role_grants.revoked_at" },
  { name: "last_active", source: "ledger.at of the person's last entry" },
  { name: "votes", source: "votes" },
  { name: "passkeys", source: "passkeys, confirmed and not revoked" },
  { name: "linked_chat_accounts", source: "links" },
  { name: "emergency_uses", source: "break_glass" },
] as const;

/** Who holds, or held, which role since when and by whom, and how much it is used; for the review of critical access. */
export async function accessReview(sql: Sql): Promise<Report> {
  const rows = await sql.unsafe<Record<string, string>[]>(ROWS);
  const idle = rows
    .filter((row) => row["revoked"] === "" && row["active"] === "")
    .map((row) => `${row["person"]} (${row["role"]}) never acted: is the role needed?`);
  return {
    kind: "access",
    title: "Review of access",
    basis: "(EU) 2017/589 Art. 18; ISO/IEC 27001 A.5.15 to A.5.18; DORA Art. 9",
    columns: COLUMNS,
    rows: rows.map((row) =>
      ["person", "role", "granted_by", "granted", "revoked", "active", "votes", "passkeys", "links", "emergencies"].map(
        (name) => row[name] ?? "",
      ),
    ),
    missing: [...new Set(idle), "who reviewed it, and when"],
  };
}
