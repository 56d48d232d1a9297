import { framed, saying, shape, short, through } from "./drawing.ts";

type Point = readonly [across: string, value: string];

/** A chart as an answer carries it; the same that chat draws as a picture. */
export type Picture = { readonly title: string; readonly unit: string } & (
  | { readonly kind: "bars"; readonly bars: readonly { readonly label: string; readonly value: string }[] }
  | {
      readonly kind: "heat";
      readonly across: { readonly name: string; readonly labels: readonly string[] };
      readonly down: { readonly name: string; readonly labels: readonly string[] };
      readonly values: readonly (readonly string[])[];
    }
  | {
      readonly kind: "curves";
      readonly across: string;
      readonly curves: readonly {
        readonly name: string;
        readonly dots: readonly Point[];
        readonly line: readonly Point[];
      }[];
      readonly places: readonly { readonly label: string; readonly across: string }[];
    }
  | {
      readonly kind: "fan";
      readonly hours: readonly string[];
      readonly middle: readonly string[];
      readonly bands: readonly {
        readonly name: string;
        readonly low: readonly string[];
        readonly high: readonly string[];
      }[];
      readonly limits: readonly { readonly label: string; readonly value: string }[];
    }
);
type Of<Kind extends Picture["kind"]> = Extract<Picture, { readonly kind: Kind }>;

const MOST_WIDE = 720;
const LEAST_WIDE = 300;
const HIGH = 300;
const ROW = 34;
/** Colours of the heat map to each side of nothing. */
const SHADES = 5;

const spread = (values: readonly number[]): { readonly low: number; readonly high: number } => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) / 10;
  return { low: low - room, high: high + room };
};

function paper(width: number, height: number, title: string): SVGElement {
  return shape("svg", "chart", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": title });
}

/** Draws a chart as wide as there is room. */
export function pictureOf(picture: Picture, room: number): HTMLElement {
  const width = Math.max(LEAST_WIDE, Math.min(MOST_WIDE, room));
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = picture.title;
  figure.append(caption, drawn(picture, width));
  return figure;
}

function drawn(picture: Picture, width: number): SVGElement {
  switch (picture.kind) {
    case "bars":
      return bars(picture, width);
    case "heat":
      return heat(picture, width);
    case "curves":
      return curves(picture, width);
    case "fan":
      return fan(picture, width);
  }
}

function bars({ title, unit, bars: all }: Of<"bars">, width: number): SVGElement {
  const drawing = paper(width, all.length * ROW + 26, title);
  const [left, right] = [Math.min(150, width * 0.32), width - 84];
  const values = all.map(({ value }) => Number(value));
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const x = (value: number): number => left + ((value - low) / (high - low || 1)) * (right - left);
  all.forEach(({ label, value }, at) => {
    const [from, to] = [Math.min(x(0), x(Number(value))), Math.max(x(0), x(Number(value)))];
    const y = at * ROW + 6;
    drawing.append(
      shape("text", "chart-text", { x: left - 8, y: y + 16, "text-anchor": "end" }, label),
      shape("rect", "chart-fill-0", { x: from, y, width: Math.max(1, to - from), height: ROW - 12 }),
      shape("text", "chart-text", { x: to + 6, y: y + 16 }, Number(value).toLocaleString("en")),
    );
  });
  drawing.append(shape("text", "chart-text", { x: left, y: all.length * ROW + 18 }, unit));
  return drawing;
}

function heat({ title, unit, across, down, values }: Of<"heat">, width: number): SVGElement {
  const [left, top, rowHigh] = [width < 500 ? 48 : 62, 20, 40];
  const bottom = top + down.labels.length * rowHigh;
  const drawing = paper(width, bottom + 46, title);
  const cell = (width - left - 4) / across.labels.length;
  // On a phone the cells are narrow: smaller figures, not fewer.
  const text = cell < 44 ? "chart-text chart-small" : "chart-text";
  const most = Math.max(1e-9, ...values.flat().map((value) => Math.abs(Number(value))));
  down.labels.forEach((label, row) => {
    const y = top + row * rowHigh;
    drawing.append(shape("text", text, { x: left - 6, y: y + rowHigh / 2 + 4, "text-anchor": "end" }, label));
    across.labels.forEach((move, column) => {
      const value = Number(values[row]?.[column]);
      const shade = Math.round((Math.abs(value) / most) * SHADES);
      const side = value < 0 ? "loss" : "gain";
      const x = left + column * cell;
      const words = `${across.name} ${move}, ${down.name} ${label}: ${value.toLocaleString("en", { maximumFractionDigits: 0 })} ${unit}`;
      drawing.append(
        saying(
          shape("rect", `heat-${side}-${shade}`, { x: x + 1, y: y + 1, width: cell - 2, height: rowHigh - 2, rx: 2 }),
          words,
        ),
        shape(
          "text",
          `${text} heat-text`,
          { x: x + cell / 2, y: y + rowHigh / 2 + 4, "text-anchor": "middle" },
          short(value),
        ),
      );
    });
  });
  across.labels.forEach((label, column) =>
    drawing.append(
      shape("text", text, { x: left + (column + 0.5) * cell, y: bottom + 17, "text-anchor": "middle" }, label),
    ),
  );
  drawing.append(
    shape("text", "chart-text", { x: 0, y: 12 }, down.name),
    shape(
      "text",
      "chart-text",
      { x: width / 2, y: bottom + 38, "text-anchor": "middle" },
      `${across.name}; cells in ${unit}`,
    ),
  );
  return drawing;
}

function curves({ title, unit, across, curves: all, places }: Of<"curves">, width: number): SVGElement {
  const drawing = paper(width, HIGH, title);
  const points = all
    .flatMap(({ dots, line }) => [...dots, ...line])
    .map(([at, value]) => [Number(at), Number(value)] as const);
  const ends = points.map(([at]) => at);
  const frame = framed(
    drawing,
    { left: 52, right: width - 22, top: 60, bottom: HIGH - 46 },
    { low: Math.min(...ends), high: Math.max(...ends), name: across },
    { ...spread(points.map(([, value]) => value)), name: unit },
  );
  for (const { label, across: at } of places) {
    const x = frame.x(Number(at));
    // Between the names and the unit: a place near the left end would lie on the unit.
    drawing.append(
      shape("line", "chart-place", { x1: x, x2: x, y1: 38, y2: frame.bottom }),
      shape("text", "chart-text", { x, y: 34, "text-anchor": "middle" }, label),
    );
  }
  all.forEach(({ name, dots, line }, at) => {
    const place = (one: Point): readonly [number, number] => [frame.x(Number(one[0])), frame.y(Number(one[1]))];
    drawing.append(shape("path", `chart-line chart-stroke-${at}`, { d: through(line.map(place)) }));
    for (const dot of dots) {
      const [cx, cy] = place(dot);
      const words = `${name}, ${Number(dot[0]).toLocaleString("en")}: ${dot[1]} ${unit}`;
      drawing.append(saying(shape("circle", `chart-fill-${at}`, { cx, cy, r: 4 }), words));
    }
    // Names in one row above: at the curves' ends they would lie on each other.
    const x = width - 14 - (all.length - 1 - at) * 88;
    drawing.append(shape("text", `chart-text chart-fill-${at}`, { x, y: 14, "text-anchor": "end" }, name));
  });
  return drawing;
}

function fan({ title, unit, hours, middle, bands, limits }: Of<"fan">, width: number): SVGElement {
  const drawing = paper(width, HIGH, title);
  const at = hours.map(Number);
  const last = at.at(-1) ?? 1;
  const reached = [...bands.flatMap(({ low, high }) => [...low, ...high]), ...limits.map(({ value }) => value)];
  const frame = framed(
    drawing,
    { left: 62, right: width - 48, top: 26, bottom: HIGH - 46 },
    { low: 0, high: last, name: "hours from now", ticks: [0, 1, 2, 3, 4].map((part) => (last * part) / 4) },
    { ...spread(reached.map(Number)), name: unit },
  );
  const along = (values: readonly string[]): (readonly [number, number])[] =>
    values.map((value, step) => [frame.x(at[step] ?? 0), frame.y(Number(value))]);
  bands.forEach(({ name, low, high }) => {
    const [lower, upper] = [along(low), along(high)];
    const words = `${name} of the time between ${Number(low.at(-1)).toLocaleString("en")} and ${Number(high.at(-1)).toLocaleString("en")} ${unit} after ${last} hours`;
    drawing.append(
      saying(shape("path", "chart-band", { d: `${through([...lower, ...upper.toReversed()])}Z` }), words),
      shape("text", "chart-text", { x: frame.right + 5, y: (upper.at(-1)?.[1] ?? 0) + 4 }, name),
    );
  });
  drawing.append(shape("path", "chart-line chart-stroke-0", { d: through(along(middle)) }));
  for (const { label, value } of limits) {
    const y = frame.y(Number(value));
    drawing.append(
      shape("line", "chart-limit", { x1: frame.left, x2: frame.right, y1: y, y2: y }),
      shape(
        "text",
        "chart-text chart-limit-text",
        { x: frame.right - 4, y: y - 5, "text-anchor": "end" },
        `${label} ${Number(value).toLocaleString("en")}`,
      ),
    );
  }
  return drawing;
}
