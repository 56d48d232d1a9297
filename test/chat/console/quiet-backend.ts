import type { ConsoleBackend } from "../../../src/chat/console/backend.ts";

/** A backend of a desk where nothing happened; whoever tests something else says it. */
export const quietBackend: Omit<ConsoleBackend, "redeem" | "viewer" | "signOut" | "cards" | "incident"> = {
  header: async () => ({
    trading: { state: "active", detail: "", freezes: 0 },
    dots: [],
    onCall: null,
    openIncidents: 0,
    pendingApprovals: 0,
  }),
  incidents: async () => [],
  incidentRows: async () => [],
  alerts: async () => [],
  accounts: async () => [],
  series: async (account) => ({ account, points: [], thresholds: [] }),
  freezes: async () => [],
  approvals: async () => [],
  orders: async () => [],
  playbooks: async () => [],
  runs: async () => [],
  dryRun: async () => ({ ok: true, text: "", steps: [] }),
  market: async () => [],
  risk: async () => ({ everyMs: 5_000, parts: [] }),
  detectors: async () => [],
  detector: async () => null,
  replays: async () => [],
  replay: async () => null,
  ledger: async () => ({ entries: [], size: 0, next: null }),
  verifyLedger: async () => ({ ok: true, text: "", firstBad: null }),
  proof: async () => null,
  people: async () => [],
  settings: async () => ({ groups: [] }),
};
