/** Cuts a line of plain CSV; fields in double quotes may hold commas. */
export function cells(line: string): string[] {
  if (!line.includes('"')) return (line.endsWith("\r") ? line.slice(0, -1) : line).split(",");
  const out: string[] = [];
  for (const match of line.replace(/\r$/, "").matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    out.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
  }
  return out;
}

/** A time as recordings write it, in ms: seconds, milliseconds, micro- or nanoseconds since 1970, or a date. */
export function msOf(value: string | undefined): number {
  if (value === undefined || value === "") return Number.NaN;
  if (/^\d+(\.\d+)?$/.test(value)) {
    const number = Number(value);
    if (number < 1e11) return number * 1000;
    if (number < 1e14) return number;
    return number < 1e17 ? number / 1000 : number / 1e6;
  }
  const text = value.replace(" ", "T").replace(/(\.\d{3})\d+/, "$1");
  const hour = /^(\d{4}-\d\d-\d\d)T?(\d\d)-([AP])M$/.exec(text.replace(/ /g, ""));
  if (hour)
    return Date.parse(`${hour[1]}T00:00:00Z`) + ((Number(hour[2]) % 12) + (hour[3] === "P" ? 12 : 0)) * 3_600_000;
  return Date.parse(/Z$|[+-]\d\d:?\d\d$/.test(text) ? text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2") : `${text}Z`);
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
