const SPACE = "http://www.w3.org/2000/svg";

type Attributes = Readonly<Record<string, string | number>>;

/** An element of a drawing; colours come from the style sheet by class, so that a theme changes them at once. */
export function shape(name: string, className: string, attributes: Attributes = {}, text = ""): SVGElement {
  const made = document.createElementNS(SPACE, name);
  if (className) made.setAttribute("class", className);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text) made.textContent = text;
  return made;
}

/** What a pointer resting on a shape reads. */
export function saying(drawn: SVGElement, words: string): SVGElement {
  drawn.append(shape("title", "", {}, words));
  return drawn;
}

/** A figure in six characters: "-1.2M", "340k", "0.5". */
export function short(value: number): string {
  const size = Math.abs(value);
  const trimmed = (scaled: number, digits: number): string => String(Number(scaled.toFixed(digits)) + 0);
  if (size >= 999_500) return `${trimmed(value / 1e6, size >= 9.95e6 ? 0 : 1)}M`;
  if (size >= 999.5) return `${trimmed(value / 1e3, size >= 9_950 ? 0 : 1)}k`;
  return trimmed(value, size >= 9.95 ? 0 : size >= 0.0995 ? 1 : 2);
}

/** Round numbers between two ends, about `count` of them. */
export function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= raw) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, at) => (first + at) * step);
}

/** The part of a drawing that figures stand in, and where a figure lies in it. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  x(value: number): number;
  y(value: number): number;
}

/** Axes with round numbers, and lines behind the figures. */
export function framed(
  drawing: SVGElement,
  box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number },
  across: { readonly low: number; readonly high: number; readonly name: string; readonly ticks?: readonly number[] },
  up: { readonly low: number; readonly high: number; readonly name: string },
): Frame {
  const { left, right, top, bottom } = box;
  const x = (value: number): number => left + ((value - across.low) / (across.high - across.low || 1)) * (right - left);
  const y = (value: number): number => bottom - ((value - up.low) / (up.high - up.low || 1)) * (bottom - top);
  for (const value of ticks(up.low, up.high, 5)) {
    drawing.append(
      shape("line", "chart-grid", { x1: left, x2: right, y1: y(value), y2: y(value) }),
      shape("text", "chart-text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, value.toLocaleString("en")),
    );
  }
  for (const value of across.ticks ?? ticks(across.low, across.high, (right - left) / 90))
    drawing.append(
      shape("text", "chart-text", { x: x(value), y: bottom + 17, "text-anchor": "middle" }, value.toLocaleString("en")),
    );
  drawing.append(
    shape("line", "chart-axis", { x1: left, x2: right, y1: bottom, y2: bottom }),
    shape("text", "chart-text", { x: left, y: top - 8 }, up.name),
    shape("text", "chart-text", { x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" }, across.name),
  );
  return { ...box, x, y };
}

/** "M x y L x y …" through points that lie within the drawing. */
export const through = (points: readonly (readonly [number, number])[]): string =>
  points.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
