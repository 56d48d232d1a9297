/** Every table; one file for each concept. */
export { breakwater } from "./schema/base.ts";
export * from "./schema/accounts.ts";
export * from "./schema/alerts.ts";
export * from "./schema/chat.ts";
export * from "./schema/control.ts";
export * from "./schema/incidents.ts";
export * from "./schema/ledger.ts";
export * from "./schema/orders.ts";
export * from "./schema/plans.ts";
export * from "./schema/rules.ts";
export * from "./schema/runs.ts";
export * from "./schema/sign-in.ts";
