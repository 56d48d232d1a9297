import { type DeskFile, documentOf, monitorSettings } from "../../config.ts";
import { openHedger } from "../../exposure/hedger.ts";
import { intakeSettings } from "../../intake/settings.ts";
import { decimal } from "../../kernel/decimal.ts";
import { durationMs } from "../../kernel/duration.ts";
import { DeskError } from "../../kernel/errors.ts";
import { loadPlaybooks } from "../../load.ts";
import { defaultPolicy } from "../../policy/rules/default-policy.ts";
import type { PolicyDocument } from "../../policy/rules/schema.ts";
import { type ReplayDesk, type ReplayDeskParts, openReplayDesk } from "../../replay/desk/paper-desk.ts";
import { matching } from "../matching.ts";

/** How a replay's desk alarms, correlates and plans. */
export type ReplayDeskSettings = Pick<ReplayDeskParts, "intake" | "monitor" | "collarBps" | "planTtlMs" | "rules">;

/** People enough for every quorum of the default rules. */
const ENOUGH: PolicyDocument["people"] = {
  "first-trader": { name: "First trader", roles: ["trader"] },
  "second-trader": { name: "Second trader", roles: ["trader"] },
  risk: { name: "Risk", roles: ["risk"] },
};

/** The usual ones: a replay on the command line stands for no desk of its own, so that it says the same everywhere. */
const USUAL: ReplayDeskSettings = {
  intake: intakeSettings.parse({}),
  monitor: { pollMs: 1_000, staleAfterMs: 30_000, highRatio: decimal("0.60"), criticalRatio: decimal("0.80") },
  collarBps: 150,
  planTtlMs: 900_000,
  rules: { policy: defaultPolicy(), people: ENOUGH },
};

/** Those of a desk's own file, which its console replays with. */
export const settingsOf = (file: DeskFile): ReplayDeskSettings => ({
  intake: file.intake,
  monitor: monitorSettings(file),
  collarBps: file.plans.collarBps,
  planTtlMs: durationMs(file.plans.ttl),
  rules: documentOf(file),
});

/**
 * A desk on paper behind the detectors.
 * @param list names of playbooks, or "all"
 * @param off those that are left out nevertheless
 * @throws DeskError UNKNOWN_PLAYBOOK where there is none, or only people start it
 */
export async function replayDesk(
  list: string,
  settings: ReplayDeskSettings = USUAL,
  off: readonly string[] = [],
): Promise<ReplayDesk> {
  const installed = (await loadPlaybooks()).filter(({ head }) => head.on && !off.includes(head.name));
  const known = installed.map((one) => one.head.name);
  const playbooks = (list === "all" ? known : list.split(",")).map((text) => {
    const name = text.trim();
    const found = installed.find((one) => one.head.name === name);
    if (!found)
      throw new DeskError(
        "UNKNOWN_PLAYBOOK",
        `there is no playbook ${name} that alerts start; there are ${known.join(", ")}`,
      );
    return found;
  });
  return openReplayDesk({
    ...settings,
    playbooks,
    inputOf: (one, alert) => matching(alert, [one])[0]?.input ?? null,
    hedger: openHedger(),
  });
}
