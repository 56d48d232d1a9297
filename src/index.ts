/**
 * What commands, playbooks and detectors are written with: the only file of `src/` that they import.
 * @module breakwater
 */
export { z } from "zod";
export type { RiskReport } from "./exposure/risk.ts";
export { READING, command, type CommandContext, type DeskCommand, type Person } from "./desk/command.ts";
export {
  playbook,
  type Applied,
  type Answer,
  type Playbook,
  type PlaybookContext,
  type Proposal,
  type Step,
} from "./engine/playbook.ts";
export { DETECTOR_LABELS, type DetectorLabel } from "./db/schema.ts";
export { RESOLUTIONS, type Resolution } from "./incidents/lifecycle.ts";
export { REPORTING_STEPS } from "./incidents/reporting.ts";
export type { Reply } from "./chat/surface.ts";
export { marginChart } from "./desk/risk/margin-chart.ts";
export { deltaChart, fanChart, smileChart, stressChart, volatilityChart } from "./desk/risk/risk-charts.ts";
export type { Chart } from "./chat/picture/chart.ts";
export type { AccountState } from "./kernel/account.ts";
export { type Severity, SEVERITIES } from "./kernel/alert.ts";
export { HALT_MODES } from "./policy/freeze/halt.ts";
export { measureWords } from "./policy/rules/words.ts";
export { DeskError } from "./kernel/errors.ts";
export {
  abs,
  add,
  compare,
  decimal,
  type Decimal,
  div,
  greater,
  grouped,
  isDecimal,
  isZero,
  less,
  mul,
  neg,
  percent,
  places,
  type Ratio,
  sign,
  sub,
  sum,
  ZERO,
} from "./kernel/decimal.ts";
export { durationMs, durationWords, spanOf } from "./kernel/duration.ts";
