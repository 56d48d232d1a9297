/** Put where text was cut; the whole stands in the console. */
export const CUT = "…";

/** Bidirectional and zero-width controls, tag characters: they reorder or hide what a reader sees. U+200D stays, emoji need it. */
const HIDDEN =
  /[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
// oxlint-disable-next-line no-control-regex -- control characters are exactly what is removed here
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

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

/** Cells in aligned columns, two spaces apart; each cell on one line and at most `cellMax` units. */
export function columns(rows: readonly (readonly string[])[], cellMax = 24): string[] {
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
