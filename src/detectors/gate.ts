/**
 * Hysteresis and cool-down, the same for all detectors: a condition fires when its measure reaches the limit, stays on
 * until the measure has been below `release` times the limit for `holdMs`, speaks again while it is on only when it grew
 * worse by a class of severity, and after it ended keeps silent for `quietMs`.
 */
export interface Gate {
  on: boolean;
  /** Class of severity last spoken of: 1 medium, 2 high, 3 critical. */
  level: number;
  /** Since when the measure has been below the release; NaN where it is not. */
  belowSince: number;
  /** When it last ended. */
  endedAt: number;
  /** When it last spoke. */
  firedAt: number;
}

export interface GateSettings {
  /** Share of the limit under which it ends, 0..1. */
  readonly release: number;
  readonly holdMs: number;
  readonly quietMs: number;
}

/** Off, never fired. */
export const createGate = (): Gate => ({
  on: false,
  level: 0,
  belowSince: Number.NaN,
  endedAt: Number.NEGATIVE_INFINITY,
  firedAt: Number.NEGATIVE_INFINITY,
});

/** What the caller should say. */
export type Verdict = "fire" | "resolve" | "silent";

const levelOf = (score: number): number => (score >= 0.8 ? 3 : score >= 0.65 ? 2 : score >= 0.5 ? 1 : 0);

/**
 * Moves the gate.
 * @param score 0..1, half at the limit (finding.ts, scoreOf)
 * @param at ms, never going back
 */
export function pass(gate: Gate, score: number, at: number, settings: GateSettings): Verdict {
  const level = levelOf(score);
  if (gate.on) {
    if (level > gate.level) {
      gate.level = level;
      gate.firedAt = at;
      gate.belowSince = Number.NaN;
      return "fire";
    }
    // The score at the release: r / (r + 1).
    if (score >= settings.release / (settings.release + 1)) {
      gate.belowSince = Number.NaN;
      return "silent";
    }
    if (Number.isNaN(gate.belowSince)) gate.belowSince = at;
    if (at - gate.belowSince < settings.holdMs) return "silent";
    gate.on = false;
    gate.level = 0;
    gate.endedAt = at;
    gate.belowSince = Number.NaN;
    return "resolve";
  }
  if (level === 0 || at - gate.endedAt < settings.quietMs) return "silent";
  gate.on = true;
  gate.level = level;
  gate.firedAt = at;
  return "fire";
}
