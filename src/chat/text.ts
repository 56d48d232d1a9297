/** Put where text was cut; the whole stands in the console. */
export const CUT = "…";

/** Bidirectional and zero-width controls, tag characters: they reorder or hide what a reader sees. U+200D stays, emoji need it. */
const HIDDEN =
  /[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
// oxlint-disable-next-line no-control-regex -- control characters are exactly what is removed here
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Half a character (a lone surrogate) or a zero byte: no database keeps them. */
export const UNSTORABLE = /\0|\p{Surrogate}/u;

/** Text from anywhere without control, hidden or broken characters; line breaks and tabs become single ones. */
export const plain = (text: string): string =>
  text
    .replace(/\r\n?|\u2028|\u2029/g, "\n")
    .replace(CONTROLS, "")
    .replace(HIDDEN, "")
    .replace(LONE_SURROGATE, "\ufffd")
    .replace(/\t/g, " ");

/** `plain`, on one line, so that a text cannot imitate the lines around it. */
export const oneLine = (text: string): string => plain(text).replace(/\s+/g, " ").trim();

/** The first `max` UTF-16 units at most, marked where cut, never within a surrogate pair. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  if (max <= CUT.length) return CUT.slice(0, Math.max(0, max));
  let end = max - CUT.length;
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return text.slice(0, end).trimEnd() + CUT;
}

/** The escaped form of as much of `text` as fits `max` units after escaping; an escape is never cut in half. */
export function fit(whole: string, max: number, escape: (text: string) => string): string {
  // Far more than can be shown is never looked at: a text of megabytes costs no more than a page.
  const text = whole.slice(0, max * 4);
  const escaped = escape(text);
  if (escaped.length <= max && text.length === whole.length) return escaped;
  let low = 0;
  let high = Math.min(text.length, max);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (escape(clip(text, middle)).length <= max) low = middle;
    else high = middle - 1;
  }
  return escape(clip(text, low));
}

/** An ISO time as people read it: "2026-11-22 10:03:22 UTC"; other text unchanged, on one line and short. */
export function stamp(iso: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})/.exec(iso);
  return match ? `${match[1]} ${match[2]} UTC` : clip(oneLine(iso), 30);
}

/** Room for a cell, an option's whole symbol or a sentence of help, and what it is cut to where a table has to be narrower. */
const CELLS = [48, 32, 24] as const;

/** Cells in aligned columns, two spaces apart; each cell on one line and at most `cellMax` units. */
function columns(rows: readonly (readonly string[])[], cellMax: number): string[] {
  const cells = rows.map((row) => row.map((cell) => clip(oneLine(cell), cellMax)));
  const width = cells.reduce<number[]>((widths, row) => {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
    return widths;
  }, []);
  return cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(width[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** How many of the lines, counted from the first, fit `room` units with their line breaks; one in any case. */
function fitting(lines: readonly string[], room: number): number {
  let left = room;
  const over = lines.findIndex((line) => (left -= line.length + 1) < -1);
  return over < 0 ? lines.length : Math.max(1, over);
}

/**
 * Rows as aligned lines within `room` units: cells are cut shorter first, then whole rows at the end are left out, and
 * `more` counts them.
 * @param cells what a cell may measure, widest first
 */
export function aligned(
  rows: readonly (readonly string[])[],
  room: number,
  cells: readonly number[] = CELLS,
): { readonly lines: readonly string[]; readonly more: number } {
  const drawn = cells.map((cell) => columns(rows, cell));
  const lines = drawn.find((one) => fitting(one, room) === one.length) ?? drawn.at(-1) ?? [];
  const shown = fitting(lines, room);
  return { lines: lines.slice(0, shown), more: lines.length - shown };
}
