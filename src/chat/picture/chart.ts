/** A line over time; decimals as text. */
interface ChartSeries {
  readonly name: string;
  readonly points: readonly { readonly at: string; readonly value: string }[];
}

/** Lines over time, such as a margin ratio. The title says the conclusion: "Margin ratio fell to 1.08, limit 1.10". */
export interface LinesChart {
  readonly kind: "lines";
  readonly title: string;
  /** "USD", "ratio": stands at the axis. */
  readonly unit: string;
  /** Three at most; more make a picture nobody reads. */
  readonly series: readonly ChartSeries[];
  /** Limits, drawn across and labelled. */
  readonly limits: readonly { readonly label: string; readonly value: string }[];
  /** Moments, such as the incident's. */
  readonly moments: readonly { readonly label: string; readonly at: string }[];
}

/** One figure for each of a few things. */
export interface BarsChart {
  readonly kind: "bars";
  readonly title: string;
  readonly unit: string;
  /** Twelve at most, drawn from top to bottom as given. */
  readonly bars: readonly { readonly label: string; readonly value: string }[];
}

/** A table of figures coloured by their size: losses one way, gains the other. */
export interface HeatChart {
  readonly kind: "heat";
  readonly title: string;
  readonly unit: string;
  readonly across: { readonly name: string; readonly labels: readonly string[] };
  readonly down: { readonly name: string; readonly labels: readonly string[] };
  /** [row of down][column of across], decimals. */
  readonly values: readonly (readonly string[])[];
}

/** Points and curves over a figure, such as marks and the fit through them over strikes. */
export interface CurvesChart {
  readonly kind: "curves";
  readonly title: string;
  readonly unit: string;
  /** What the axis across counts: "strike, USD". */
  readonly across: string;
  /** Three at most; each with its dots, its curve, or both, as [across, value] decimals, across rising. */
  readonly curves: readonly {
    readonly name: string;
    readonly dots: readonly (readonly [string, string])[];
    readonly line: readonly (readonly [string, string])[];
  }[];
  /** Places across, drawn upright and labelled. */
  readonly places: readonly { readonly label: string; readonly across: string }[];
}

/** Where a figure may go: ranges that widen with time, and limits it should not reach. */
export interface FanChart {
  readonly kind: "fan";
  readonly title: string;
  readonly unit: string;
  /** Hours from now, rising. */
  readonly hours: readonly string[];
  readonly middle: readonly string[];
  /** The widest first; three at most. `name` such as "98 %". */
  readonly bands: readonly {
    readonly name: string;
    readonly low: readonly string[];
    readonly high: readonly string[];
  }[];
  readonly limits: readonly { readonly label: string; readonly value: string }[];
}

/** A chart as plain data, drawn as a picture for chat and by the page in the console. */
export type Chart = LinesChart | BarsChart | HeatChart | CurvesChart | FanChart;

/** Told apart by all eyes (Okabe and Ito, 2008); the first is for what matters, vermilion for limits and losses. */
export const PALETTE = {
  series: ["#0072b2", "#e69f00", "#009e73"],
  limit: "#d55e00",
  text: "#1a1a1a",
  grid: "#d9d9d9",
  loss: "#d55e00",
  even: "#f7f7f7",
  gain: "#0072b2",
};

/** Logical size; the picture has twice as many pixels. */
export const WIDTH = 800;
export const HEIGHT = 450;
