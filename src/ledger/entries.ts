import type { Json } from "../kernel/canonical.ts";

/** Every kind of entry the ledger takes, with the words people read; nothing else can be written. */
export const ENTRY_TYPES = {
  "alert.taken": "Alert taken",
  "alert.stopped": "Alert went no further",
  "incident.opened": "Incident opened",
  "incident.updated": "Incident updated",
  "incident.acknowledged": "Incident acknowledged",
  "incident.assigned": "Incident given an owner",
  "incident.escalated": "Incident escalated",
  "incident.noted": "Note added",
  "detector.labelled": "Detector judged",
  "incident.resolved": "Incident resolved",
  "incident.reopened": "Incident reopened",
  "silence.set": "Alerts silenced",
  "silence.ended": "Silence ended",
  "run.started": "Playbook started",
  "run.step": "Playbook step",
  "run.cancelled": "Playbook told to stop",
  "run.ended": "Playbook ended",
  "plan.proposed": "Plan proposed",
  "policy.decided": "Policy decided",
  "approval.opened": "Approval asked for",
  "vote.cast": "Vote cast",
  "vote.refused": "Vote refused",
  "approval.decided": "Approval decided",
  "plan.claimed": "Plan claimed for sending",
  "plan.refused": "Plan refused at the last moment",
  "plan.ended": "Plan ended",
  "order.intended": "Order meant to be sent",
  "order.sent": "Order sent",
  "order.outcome": "Order's outcome",
  "cancel.sent": "Cancel sent",
  "cancel.outcome": "Cancel's outcome",
  "order.foreign": "Order at the venue that is not ours",
  "trading.state": "Trading state set",
  "halt.pulled": "Kill switch pulled",
  "command.called": "Command called",
  "page.sent": "Page sent",
  "page.failed": "Page failed",
  "page.acknowledged": "Page acknowledged",
  "session.opened": "Signed in",
  "session.refused": "Sign-in refused",
  "identity.linked": "Chat account linked",
  "identity.refused": "Code for a chat account refused",
  "passkey.enrolled": "Passkey enrolled",
  "passkey.confirmed": "Passkey confirmed",
  "passkey.revoked": "Passkey revoked",
  "recovery.used": "Recovery code used",
  "recovery.refused": "Recovery code refused",
  "break-glass.opened": "Break-glass opened",
  "break-glass.refused": "Break-glass refused",
  "break-glass.reviewed": "Break-glass reviewed",
  "config.loaded": "Configuration loaded",
  "role.granted": "Role granted",
  "role.revoked": "Role revoked",
  "policy.drafted": "Policy change drafted",
  "policy.change": "Change of the rules",
  "policy.published": "Policy published",
  "key.checked": "Exchange key checked",
  "report.made": "Report made",
  "report.stated": "Step of reporting to an authority stated",
  "program.started": "Program started",
  "program.hashed": "Program's files hashed",
  "program.stopped": "Program stopped",
} as const satisfies Record<string, string>;

/** The name of one kind. */
export type EntryType = keyof typeof ENTRY_TYPES;

/**
 * One deed to be written. `actor` is who did it ("person:ana", "playbook:margin-breach@1", "source:tradingview",
 * "system"), `object` what it was done to (an incident, a plan's hash, a client order id, a scope).
 */
export interface Entry {
  readonly actor: string;
  readonly type: EntryType;
  readonly object: string;
  readonly body: { readonly [key: string]: Json };
}

/** An entry as it stands in the chain. */
export interface Written {
  readonly seq: number;
  readonly at: Date;
  readonly hash: string;
}

/** What stands before the first entry. */
export const GENESIS = "0".repeat(64);
