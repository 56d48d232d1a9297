import type { StormName } from "../venues/paper/storms.ts";

/** The demo's desk: four people, two paper accounts, and a policy under which one of the others approves a reduction. */
export const demoDesk = (storm: StormName, speed: number, seed: number): string => `
desk: { name: Harbour Desk }
people:
  ana: { name: Ana Ruiz, roles: [trader, operator] }
  ben: { name: Ben Okafor, roles: [risk] }
  cleo: { name: Cleo Lind, roles: [compliance, policy-admin] }
  dan: { name: Dan Moreau, roles: [trader] }
accounts:
  paper-a: { venue: paper }
  paper-b: { venue: paper }
monitor: { poll: 1s, staleAfter: 10s }
plans: { collarBps: 500, ttl: 15m, typedAboveUsd: "5000000" }
recordings: { mostMegabytes: 256 }
paper: { storm: ${JSON.stringify(storm)}, speed: ${speed}, seed: ${seed} }
# A day passes in five minutes, so what is learned of it and sampled is that much shorter.
detectors:
  price-jump: { params: { sampleMs: 250 } }
  liquidity-evaporation: { params: { learn: 3, lossTimes: 3 } }
intake:
  correlate:
    - name: market
      match: [{ field: source, op: prefix, value: "detector:" }]
      by: [venue, detector]
policy:
  hard:
    - { per: order, measure: notionalUsd, max: "5000000" }
    - { per: plan, measure: notionalUsd, max: "8000000" }
    - { per: playbook, measure: notionalUsd, window: 24h, max: "40000000" }
    - { per: firm, measure: notionalUsd, window: 24h, max: "50000000" }
    - { per: order, measure: collarBps, max: "600" }
  change: { timeLock: 2m }
  collar: { minSources: 2, maxAge: 10s, maxDisagreementBps: "600" }
  rules:
    - name: cancel-what-rests
      title: Cancelling never adds risk
      match: { actions: [cancel], by: { roles: [trader, risk, operator], playbooks: ["*"] } }
      says: allow
    - name: freeze-at-once
      title: Anyone on the desk may freeze
      match: { actions: [freeze], by: { roles: [trader, risk, operator], playbooks: ["*"], services: ["*"] } }
      says: allow
    - name: small-reductions
      title: Reductions up to 50,000 USD run by themselves, larger ones need one person
      match: { actions: [reduce], by: { roles: [trader, risk], playbooks: ["*"] } }
      limits: [{ per: plan, measure: notionalUsd, max: "50000" }]
      says: allow
      beyond: { quorum: { people: 1, from: [trader, risk], within: 5m } }
    - name: hedge
      title: A hedge needs one person
      match: { actions: [hedge], by: { roles: [trader, risk], playbooks: ["*"] } }
      says: { quorum: { people: 1, from: [trader, risk], within: 15m } }
    - name: large-hedge
      title: Above a million, two persons with risk among them, each with a passkey
      tier: T3
      match: { actions: [hedge], by: { roles: [trader, risk], playbooks: ["*"] }, notionalUsdOver: "1000000" }
      says: { quorum: { people: 2, roles: [risk], from: [trader, risk], stepUp: true, within: 15m } }
    - name: unfreeze
      title: Lifting a freeze needs risk and one more
      match: { actions: [unfreeze], by: { roles: [trader, risk, operator], playbooks: ["*"] } }
      says: { quorum: { people: 1, roles: [risk], from: [trader, risk], within: 1h } }
    - name: settle
      title: What became of an order that nobody finds is said by two persons, one of them risk
      match: { actions: [settle], by: { playbooks: [settle-order] } }
      says: { quorum: { people: 1, roles: [risk], from: [trader, risk], within: 1h } }
`;
