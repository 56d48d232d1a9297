/** What stands between the fields of a CSV: what comes most often in its header. */
export function separatorOf(header: string): string {
  const count = (one: string): number => header.split(one).length;
  return [";", "\t"].reduce((best, one) => (count(one) > count(best) ? one : best), ",");
}

/** The first line that may be a CSV's header: downloads put an address or remarks before it. */
export const headerOf = (lines: readonly string[]): string =>
  lines.find((line) => !line.startsWith("#") && /[,;\t]/.test(line)) ?? "";

const unquoted = (field: string): string =>
  field.startsWith('"') ? field.replace(/^"|"$/g, "").replaceAll('""', '"') : field;

/** Cuts a line of CSV; fields in double quotes may hold the separator. */
export function cells(line: string, separator = ","): string[] {
  const bare = line.endsWith("\r") ? line.slice(0, -1) : line;
  if (!bare.includes('"')) return bare.split(separator);
  const out: string[] = [];
  let open: string | undefined;
  for (const piece of bare.split(separator)) {
    const field: string = open === undefined ? piece : `${open}${separator}${piece}`;
    // After an odd number of quotes the separator was the field's own.
    open = field.split('"').length % 2 === 0 ? field : undefined;
    if (open === undefined) out.push(unquoted(field));
  }
  if (open !== undefined) out.push(unquoted(open));
  return out;
}

const HOUR = /^(\d{4}-\d\d-\d\d)T?(\d\d)-([AP])M$/;
const DATE = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)\d*)?(Z|[+-]\d\d:?\d\d)?$/;

/**
 * A time as recordings write it, in ms: seconds, milliseconds, micro- or nanoseconds since 1970, or an ISO date, UTC where
 * it names no zone. NaN for anything else: what a lenient reading makes of a remark would be a time, too.
 */
export function msOf(value: string | undefined): number {
  const said = value?.trim() ?? "";
  if (/^\d+(\.\d*)?(e[+-]?\d+)?$/i.test(said)) {
    const number = Number(said);
    if (number < 1e11) return number * 1000;
    if (number < 1e14) return number;
    return number < 1e17 ? number / 1000 : number / 1e6;
  }
  const text = said
    .replace(/ ?UTC$/, "Z")
    .replace(" ", "T")
    .replaceAll(" ", "");
  const hour = HOUR.exec(text);
  if (hour)
    return Date.parse(`${hour[1]}T00:00:00Z`) + ((Number(hour[2]) % 12) + (hour[3] === "P" ? 12 : 0)) * 3_600_000;
  const date = DATE.exec(text);
  if (!date) return Number.NaN;
  const [, day, time = "00:00", zone = "Z"] = date;
  return Date.parse(`${day}T${time}${zone.replace(/^([+-]\d\d)(\d\d)$/, "$1:$2")}`);
}

/** Positions of columns by any of their names, in lower case; -1 where there is none. */
export function columnOf(header: readonly string[], ...names: readonly string[]): number {
  const lower = header.map((name) => name.trim().toLowerCase());
  for (const name of names) {
    const index = lower.indexOf(name);
    if (index >= 0) return index;
  }
  return -1;
}
