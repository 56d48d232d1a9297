import { type Policy, policySchema } from "./schema.ts";

/**
 * The policy of a desk that wrote none: T1 runs by itself within caps, a hedge needs one person, a large one two with
 * risk among them and a step-up, unfreezing two. Amounts are US dollars.
 */
export function defaultPolicy(): Policy {
  const desk = { roles: ["trader", "risk", "operator"], playbooks: ["*"], services: ["*"] };
  return policySchema.parse({
    hard: [
      { per: "order", measure: "notionalUsd", max: "5000000" },
      { per: "plan", measure: "notionalUsd", max: "10000000" },
      { per: "order", measure: "collarBps", max: "1000" },
      { per: "account", measure: "notionalUsd", window: "24h", max: "50000000" },
      { per: "firm", measure: "notionalUsd", window: "24h", max: "100000000" },
      { per: "playbook", measure: "notionalUsd", window: "24h", max: "20000000" },
      { per: "account", measure: "messages", window: "1m", max: "300" },
      { per: "firm", measure: "messages", window: "1m", max: "1000" },
    ],
    rules: [
      {
        name: "cancel-what-rests",
        title: "Cancelling never adds risk",
        tier: "T1",
        match: { actions: ["cancel"], by: desk },
        says: "allow",
      },
      {
        name: "freeze-at-once",
        title: "Anyone on the desk may freeze",
        tier: "T1",
        match: { actions: ["freeze"], by: desk },
        says: "allow",
      },
      {
        name: "reduce-within-caps",
        title: "Small reductions run by themselves",
        tier: "T1",
        match: { actions: ["reduce"], by: desk },
        limits: [
          { per: "plan", measure: "notionalUsd", max: "250000" },
          { per: "account", measure: "notionalUsd", window: "1h", max: "1000000" },
          { per: "playbook", measure: "notionalUsd", window: "1h", max: "2000000" },
        ],
        says: "allow",
        beyond: { quorum: { people: 1, within: "5m" } },
      },
      {
        name: "hedge",
        title: "A hedge needs one person",
        tier: "T2",
        match: { actions: ["hedge"], by: desk },
        says: { quorum: { people: 1, within: "15m" } },
      },
      {
        name: "large",
        title: "Above a million, two persons with risk among them, and a step-up",
        tier: "T3",
        match: { actions: ["reduce", "hedge"], by: desk, notionalUsdOver: "1000000" },
        says: { quorum: { people: 2, roles: ["risk"], stepUp: true, within: "15m" } },
      },
      {
        name: "risk-increasing",
        title: "Orders that may add risk need risk's word above a quarter million",
        tier: "T3",
        match: { actions: ["hedge"], by: desk, effects: ["increase"], notionalUsdOver: "250000" },
        says: { quorum: { people: 2, roles: ["risk"], stepUp: true, within: "15m" } },
      },
      {
        name: "unfreeze",
        title: "Lifting a freeze needs two persons with risk among them",
        tier: "T4",
        match: { actions: ["unfreeze"], by: { roles: ["trader", "risk", "operator"], playbooks: ["unfreeze"] } },
        says: { quorum: { people: 2, roles: ["risk"], within: "24h" } },
      },
      {
        name: "settle",
        title: "What became of an order is said by two persons, one of them risk",
        tier: "T4",
        match: { actions: ["settle"], by: { playbooks: ["settle-order"] } },
        says: { quorum: { people: 1, roles: ["risk"], within: "1h" } },
      },
    ],
    incompatibleRoles: [
      ["trader", "compliance"],
      ["trader", "policy-admin"],
    ],
  });
}
