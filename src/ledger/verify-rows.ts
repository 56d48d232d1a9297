/** One comparison of rows with what the ledger says about them; each row it answers is a contradiction. */
export interface RowCheck {
  readonly about: string;
  readonly sql: string;
}

/** A moment as the ledger's bodies write it. */
const iso = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const entries = (...types: string[]): string =>
  `(select seq, at, actor, type, object, body::jsonb as body from breakwater.ledger where type in (${types.map((one) => `'${one}'`).join(", ")}))`;
const lastOf = (types: readonly string[], condition: string, column: string): string =>
  `(select ${column} from ${entries(...types)} e where ${condition} order by e.seq desc limit 1)`;
const differs = (a: string, b: string): string => `${a} is distinct from ${b}`;

/** A plan's bytes, its columns, and the state that its entries lead to. */
const PLANS: readonly RowCheck[] = [
  {
    about: "the plan's bytes or columns are not those that were hashed",
    sql: `select 'plans ' || hash as place from breakwater.plans where encode(sha256(convert_to(canonical, 'UTF8')), 'hex') <> hash
      or canonical::jsonb <> plan or action <> plan ->> 'action' or account <> plan ->> 'account'
      or requested_by <> plan ->> 'requestedBy' or ${differs("incident_id", "plan ->> 'incident'")} or ${differs("run_id", "plan ->> 'run'")}`,
  },
  {
    about: "the plan and the entry of its proposal do not say the same",
    sql: `select 'plans ' || coalesce(p.hash, e.object) as place from breakwater.plans p full join ${entries("plan.proposed")} e on e.object = p.hash
      where p.hash is null or e.object is null or e.actor <> p.requested_by or ${differs("e.body ->> 'seal'", "p.seal")}
      or ${differs("e.body ->> 'createdAt'", iso("p.created_at"))} or ${differs("e.body ->> 'expiresAt'", iso("p.expires_at"))}`,
  },
  {
    about: "the plan's judgement is not the one in the ledger",
    sql: `select 'plans ' || p.hash as place from breakwater.plans p left join ${entries("policy.decided")} e on e.object = p.hash
      where ${differs("e.body", "p.decision")}`,
  },
  {
    about: "the plan's state is not where its entries led",
    sql: `with last as (select distinct on (object) object, type, body from
        ${entries("plan.proposed", "approval.decided", "plan.claimed", "plan.ended")} e order by object, seq desc)
      select 'plans ' || p.hash as place from breakwater.plans p join last l on l.object = p.hash
      where p.state <> case l.type when 'plan.claimed' then 'claimed' when 'plan.proposed' then
          case when p.decision ->> 'outcome' = 'deny' then 'denied' else 'proposed' end else l.body ->> 'state' end
      or (l.type = 'plan.ended' and ${differs("l.body ->> 'endedAt'", iso("p.ended_at"))})
      or (l.type = 'approval.decided' and l.body ->> 'state' <> 'approved' and ${differs("l.body ->> 'decidedAt'", iso("p.ended_at"))})
      or ${differs(iso("p.claimed_at"), `(select body ->> 'claimedAt' from ${entries("plan.claimed")} c where c.object = p.hash limit 1)`)}`,
  },
  {
    about: "the plan was claimed more than once",
    sql: `select 'plans ' || object as place from ${entries("plan.claimed")} e group by object having count(*) > 1`,
  },
];

/** The question, its answer, and the voices behind it. */
const APPROVALS: readonly RowCheck[] = [
  {
    about: "the question is not the one that was asked",
    sql: `select 'approvals ' || coalesce(a.plan_hash, e.object) as place from breakwater.approvals a full join ${entries("approval.opened")} e on e.object = a.plan_hash
      where a.plan_hash is null or e.object is null or e.body <> jsonb_build_object('planHash', a.plan_hash, 'subject', a.subject,
        'requestedBy', a.requested_by, 'runId', a.run_id, 'quorums', a.quorums, 'needed', a.needed, 'roles', a.roles, 'stepUp', a.step_up,
        'policyVersion', a.policy_version, 'openedAt', ${iso("a.opened_at")}, 'expiresAt', ${iso("a.expires_at")}, 'seal', a.seal)`,
  },
  {
    about: "the answer is not the one in the ledger",
    sql: `select 'approvals ' || a.plan_hash as place from breakwater.approvals a left join ${entries("approval.decided")} e on e.object = a.plan_hash
      where a.state <> coalesce(e.body ->> 'state', 'pending') or ${differs(iso("a.decided_at"), "e.body ->> 'decidedAt'")}`,
  },
  {
    about: "the vote's row and its entry do not say the same",
    sql: `select 'votes ' || coalesce(v.plan_hash || ' ' || v.person, e.object || ' ' || (e.body ->> 'person')) as place
      from breakwater.votes v full join ${entries("vote.cast")} e
        on e.object = v.plan_hash and e.body ->> 'person' = v.person and e.body ->> 'decision' = v.decision
      where v.plan_hash is null or e.object is null or e.actor <> 'person:' || v.person or e.body <> jsonb_build_object('planHash', v.plan_hash,
        'person', v.person, 'decision', v.decision, 'roles', v.roles, 'surface', v.surface, 'stepUp', v.step_up, 'reason', v.reason,
        'at', ${iso("v.at")}, 'seal', v.seal)`,
  },
  {
    about: "it was approved without the voices that it needed",
    sql: `select 'approvals ' || a.plan_hash as place from breakwater.approvals a where a.state = 'approved' and (
      (select count(distinct person) from breakwater.votes v where v.plan_hash = a.plan_hash and v.decision = 'approve'
        and v.at <= a.expires_at and 'person:' || v.person <> a.requested_by and (v.step_up or not a.step_up)) < a.needed
      or exists (select from breakwater.votes v where v.plan_hash = a.plan_hash and v.decision = 'deny'))`,
  },
];

/** What was meant to be sent, against the plan, its claim and the venue's words. */
const ORDERS: readonly RowCheck[] = [
  {
    about: "the order is not the one that the plan names",
    sql: `select 'orders ' || o.client_order_id as place from breakwater.orders o left join breakwater.plans p on p.hash = o.plan_hash
      left join lateral (select p.plan -> 'orders' -> o.leg as l) leg on true
      where l is null or o.account <> l ->> 'account' or o.symbol <> l ->> 'symbol' or o.side <> l ->> 'side'
      or o.quantity <> (l ->> 'quantity')::numeric or o.limit_price <> (l ->> 'limitPrice')::numeric
      or o.notional_usd <> (l ->> 'notionalUsd')::numeric or o.time_in_force <> l ->> 'timeInForce'
      or o.reduce_only <> (l ->> 'reduceOnly')::boolean or o.client_order_id <> l ->> 'clientOrderId' or o.venue <> p.plan ->> 'venue'
      or ${differs("o.incident_id", "p.plan ->> 'incident'")} or ${differs("o.run_id", "p.plan ->> 'run'")}
      or not exists (select from jsonb_array_elements(p.plan -> 'collars') c
        where c ->> 'symbol' = o.symbol and (c ->> 'reference')::numeric = o.reference_price)`,
  },
  {
    about: "the order's row and the entry of its intent do not belong together",
    sql: `select 'orders ' || coalesce(o.client_order_id, e.object) as place from breakwater.orders o full join ${entries("order.intended")} e on e.object = o.client_order_id
      where o.client_order_id is null or e.object is null
      or not exists (select from ${entries("plan.claimed")} c where c.object = o.plan_hash and c.seq < e.seq)
      -- Limits count from here; the row's time is that of its transaction's start, which may have waited for the desk's lock.
      or o.intended_at > e.at or o.intended_at < e.at - interval '10 minutes'`,
  },
  {
    about: "the order's state is not the last one in the ledger",
    sql: `with last as (select distinct on (object) object, body from ${entries("order.outcome")} e order by object, seq desc)
      select 'orders ' || o.client_order_id as place from breakwater.orders o left join last l on l.object = o.client_order_id
      where o.state <> coalesce(l.body ->> 'state', case when o.sent_at is null then 'intent' else 'unknown' end)
      or (l.body ->> 'filledQuantity' is not null and o.filled_quantity <> (l.body ->> 'filledQuantity')::numeric)
      or (l.body ? 'averagePrice' and ${differs("o.average_price", "(l.body ->> 'averagePrice')::numeric")})
      or (l.body ->> 'venueOrderId' is not null and ${differs("o.venue_order_id", "l.body ->> 'venueOrderId'")})
      or (o.sent_at is null) <> not exists (select from ${entries("order.sent")} s where s.object = o.client_order_id)`,
  },
  {
    about: "people's word on the order is not in a plan of theirs that was approved and claimed",
    sql: `with said as (select seq, object, body from ${entries("order.outcome")} e where body ? 'settledBy'),
        last as (select distinct on (object) object, body from said order by object, seq desc)
      select 'orders ' || coalesce(o.client_order_id, s.object) as place
      from breakwater.orders o full join said s on s.object = o.client_order_id left join last l on l.object = s.object
      left join breakwater.plans p on p.hash = s.body ->> 'settledBy'
      where (o.settled_by is not null or s.object is not null) and (${differs("o.settled_by", "l.body ->> 'settledBy'")} or p.hash is null
        or p.plan ->> 'action' <> 'settle' or p.plan ->> 'account' <> o.account or p.plan -> 'settlement' <> jsonb_build_object('clientOrderId', o.client_order_id,
          'state', s.body -> 'state', 'filledQuantity', s.body -> 'filledQuantity', 'averagePrice', s.body -> 'averagePrice')
        or not exists (select from ${entries("plan.claimed")} c where c.object = p.hash and c.seq < s.seq and c.body -> 'approvedBy' = s.body -> 'approvedBy'
          and jsonb_array_length(c.body -> 'approvedBy') > 0))`,
  },
  {
    about: "the order is called absent on the word of a venue whose silence proves nothing",
    sql: `select 'orders ' || o.client_order_id as place from breakwater.orders o
      join ${entries("order.sent")} s on s.object = o.client_order_id and s.body ->> 'provesAbsence' = 'false'
      where o.state = 'not_placed' and o.settled_by is null`,
  },
  {
    about: "what the account held when the order was sent is not what its entry says",
    sql: `select 'orders ' || o.client_order_id as place from breakwater.orders o
      join ${entries("order.sent")} s on s.object = o.client_order_id and s.body ? 'positionBefore'
      where ${differs("o.position_before", "(s.body ->> 'positionBefore')::numeric")}`,
  },
];

/** Who began what, and how far that was believed: the ground that plans are judged on. */
const ORIGINS: readonly RowCheck[] = [
  {
    about: "the run and the entry of its start do not say the same",
    sql: `select 'runs ' || coalesce(r.id, e.object) as place from breakwater.runs r full join ${entries("run.started")} e on e.object = r.id
      where r.id is null or (e.object is null and (r.started_at is not null or r.state not in ('ready', 'orphaned')))
      or (e.object is not null and (r.started_at is null or e.actor <> 'playbook:' || r.playbook || '@' || r.version
        or e.body <> jsonb_build_object('playbook', r.playbook, 'version', r.version, 'incident', r.incident_id,
          'requestedBy', r.requested_by, 'trust', r.trust, 'input', r.input, 'seal', r.seal)))`,
  },
  {
    about: "the run's end is not the one in the ledger",
    sql: `with last as (select distinct on (object) object, body from ${entries("run.ended")} e order by object, seq desc)
      select 'runs ' || r.id as place from breakwater.runs r left join last l on l.object = r.id
      where (l.object is null and (r.state in ('done', 'failed', 'cancelled') or r.ended_at is not null))
      or (l.object is not null and (r.ended_at is null or r.state <> l.body ->> 'state' or ${differs("r.outcome", "l.body ->> 'outcome'")}))`,
  },
  {
    about: "the incident is not the one that was opened",
    sql: `with last as (select distinct on (object) object, body ->> 'to' as severity from ${entries("incident.updated", "incident.escalated")} e order by object, seq desc)
      select 'incidents ' || coalesce(i.id, e.object) as place from breakwater.incidents i full join ${entries("incident.opened")} e on e.object = i.id
      left join last l on l.object = i.id
      where i.id is null or e.object is null or i.kind <> e.body ->> 'kind' or i.trust <> e.body ->> 'trust'
      or ${differs("i.source", "e.body ->> 'source'")} or i.severity <> coalesce(l.severity, e.body ->> 'severity')`,
  },
];

/** Freezes, roles and rules. */
const RIGHTS: readonly RowCheck[] = [
  {
    about: "the trading state is not the last one in the ledger",
    sql: `with last as (select distinct on (object) object, body from ${entries("trading.state")} e order by object, seq desc)
      select 'trading_states ' || coalesce(s.scope, l.object) as place from breakwater.trading_states s full join last l on l.object = s.scope
      where s.scope is null or l.object is null or s.state <> l.body ->> 'state' or s.set_by <> l.body ->> 'setBy'
      or s.reason <> l.body ->> 'reason' or ${differs(iso("s.set_at"), "l.body ->> 'setAt'")} or ${differs(iso("s.remind_at"), "l.body ->> 'remindAt'")}`,
  },
  {
    about: "the role and the entry that granted it do not belong together",
    sql: `select 'role_grants ' || coalesce(g.person || ' ' || g.role, e.object || ' ' || (e.body ->> 'role')) as place
      from breakwater.role_grants g full join ${entries("role.granted")} e
        on e.object = 'person:' || g.person and e.body ->> 'role' = g.role and e.body ->> 'grantedAt' = ${iso("g.granted_at")}
      where g.person is null or e.object is null or e.actor <> g.granted_by or ${differs("e.body ->> 'seal'", "g.seal")}`,
  },
  {
    about: "the role stands although the ledger says that it was taken away",
    sql: `select 'role_grants ' || g.person || ' ' || g.role as place from breakwater.role_grants g
      where (g.revoked_at is null) = (
        ${lastOf(["role.granted", "role.revoked"], "e.object = 'person:' || g.person and e.body ->> 'role' = g.role", "e.type")} = 'role.revoked')
      and g.granted_at = (select max(granted_at) from breakwater.role_grants o where o.person = g.person and o.role = g.role)`,
  },
  {
    about: "the rules in force are not the ones that were published",
    sql: `with last as (select e.object from ${entries("policy.published")} e order by e.seq desc limit 1)
      select 'policy_versions ' || coalesce(v.version, last.object) as place
      from breakwater.policy_versions v full join last on last.object = v.version
      where v.version is null or encode(sha256(convert_to(v.canonical, 'UTF8')), 'hex') <> v.version
      or (v.state = 'published') <> (last.object is not null)`,
  },
];

/** Emergency powers, and who looked at their use. */
const EMERGENCIES: readonly RowCheck[] = [
  {
    about: "the use of emergency powers is not the one in the ledger",
    sql: `select 'break_glass ' || coalesce(b.id, e.object) as place from breakwater.break_glass b full join ${entries("break-glass.opened")} e on e.object = b.id
      where b.id is null or e.object is null or e.body <> jsonb_build_object('person', b.person, 'scope', b.scope, 'reason', b.reason,
        'incident', b.incident_id, 'openedAt', ${iso("b.opened_at")}, 'expiresAt', ${iso("b.expires_at")})`,
  },
  {
    about: "who reviewed the use of emergency powers is not in the ledger",
    sql: `select 'break_glass ' || b.id as place from breakwater.break_glass b left join ${entries("break-glass.reviewed")} e on e.object = b.id
      where (b.reviewed_at is null) <> (e.object is null) or (b.reviewed_by is null) <> (e.object is null) or e.actor <> 'person:' || b.reviewed_by`,
  },
];

/** Passkeys, and what the ledger tells of their lives. */
const PASSKEYS: readonly RowCheck[] = [
  {
    about: "the passkey and the entry of its enrolment do not belong together",
    sql: `select 'passkeys ' || coalesce(p.credential_id, e.body ->> 'credential') as place
      from breakwater.passkeys p full join ${entries("passkey.enrolled")} e on e.body ->> 'credential' = p.credential_id
      where p.credential_id is null or e.object is null or e.object <> 'person:' || p.person`,
  },
  {
    about: "whether the passkey is revoked is not what the ledger says",
    sql: `select 'passkeys ' || p.credential_id as place from breakwater.passkeys p
      where (p.revoked_at is not null) <> exists (select from ${entries("recovery.used")} e
        where e.object = 'person:' || p.person and e.body -> 'revoked' ? p.credential_id)`,
  },
];

/** Changes of the rules that people asked for, and where their entries led. */
const CHANGES: readonly RowCheck[] = [
  {
    about: "the change's bytes or columns are not those that were hashed",
    sql: `select 'rule_changes ' || hash as place from breakwater.rule_changes
      where encode(sha256(convert_to(canonical, 'UTF8')), 'hex') <> hash or version <> canonical::jsonb ->> 'to'
      or from_version <> canonical::jsonb ->> 'from' or requested_by <> canonical::jsonb ->> 'requestedBy'
      or ${iso("opened_at")} <> canonical::jsonb ->> 'at'`,
  },
  {
    about: "the change's state is not the last one in the ledger",
    sql: `with last as (select distinct on (object) object, body from ${entries("policy.change")} e order by object, seq desc)
      select 'rule_changes ' || coalesce(c.hash, l.object) as place from breakwater.rule_changes c full join last l on l.object = c.hash
      where c.hash is null or l.object is null or c.state <> l.body ->> 'state'`,
  },
];

/** All of them, in the order in which they are made. */
export const ROW_CHECKS: readonly RowCheck[] = [
  ...PLANS,
  ...APPROVALS,
  ...ORDERS,
  ...ORIGINS,
  ...RIGHTS,
  ...EMERGENCIES,
  ...PASSKEYS,
  ...CHANGES,
];
