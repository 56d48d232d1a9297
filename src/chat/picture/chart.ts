/** A line over time; decimals as text. */
interface ChartSeries {
  readonly name: string;
  readonly points: readonly { readonly at: string; readonly value: string }[];
}

/** A chart as plain data. The title says the conclusion: "Margin ratio fell to 1.08, limit 1.10". */
export type Chart =
  | {
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
  | {
      readonly kind: "bars";
      readonly title: string;
      readonly unit: string;
      /** Twelve at most, drawn from top to bottom as given. */
      readonly bars: readonly { readonly label: string; readonly value: string }[];
    };

/** Told apart by all eyes (Okabe and Ito, 2008); the first is for what matters, vermilion for limits. */
export const PALETTE = {
  series: ["#0072b2", "#e69f00", "#009e73"],
  limit: "#d55e00",
  text: "#1a1a1a",
  grid: "#d9d9d9",
};

/** Logical size; the picture has twice as many pixels. */
export const WIDTH = 800;
export const HEIGHT = 450;
