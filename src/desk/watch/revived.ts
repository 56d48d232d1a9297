import type { Alert } from "../../kernel/alert.ts";

/** The alert of an embedded database that ended by itself and was started again. */
export const revivedAlert = (foundGone: Date): Alert => ({
  source: "supervisor",
  trust: "internal",
  kind: "database.restarted",
  status: "firing",
  severity: "high",
  title: "The desk's database ended by itself and was started again",
  summary:
    "Runs, approvals and cards go on, and orders that were under way are looked up by their ids. While it was away alerts of senders were refused, so that they repeat them. See BREAKWATER_HOME/pg.log, and the system's log for a process that was killed for memory; a desk that trades needs a Postgres of its own (docs/install.md).",
  labels: {},
  values: {},
  at: foundGone,
});
