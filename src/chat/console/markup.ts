import { html as honoHtml, raw } from "hono/html";
import type { Severity } from "../../kernel/alert.ts";
import { visible } from "../../kernel/visible.ts";

/** HTML that is already escaped. */
export type Markup = ReturnType<typeof raw>;
type Value = string | number | null | undefined | false | Markup | readonly Markup[];

/** Tagged template: escapes every value that is not markup itself. Values are never promises here, so neither is the result. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Markup =>
  honoHtml(strings, ...values) as Markup;

/** Nothing, as markup. */
export const NOTHING: Markup = raw("");

/** Text from outside: invisible characters shown, direction kept apart from its neighbours. */
export const words = (text: string): Markup => html`<bdi>${visible(text)}</bdi>`;

/** What is not known, in words and in its own style; never blank, never zero. */
export const UNKNOWN: Markup = html`<span class="unknown">unknown</span>`;

/** A figure or `unknown`. */
export const known = (text: string | null): Markup => (text === null ? UNKNOWN : html`${visible(text)}`);

const clockOf = (iso: string): string => `${iso.slice(11, 19)} UTC`;

/** A moment: UTC time for reading, the whole ISO text on hover; the page's script makes it relative. */
export const moment = (iso: string): Markup =>
  html`<time datetime="${iso}" title="${iso.slice(0, 19).replace("T", " ")} UTC" data-ago>${clockOf(iso)}</time>`;

/** A moment that keeps its absolute form. */
export const instant = (iso: string): Markup =>
  html`<time datetime="${iso}">${iso.slice(0, 10)} ${clockOf(iso)}</time>`;

/** A deadline: UTC without script, a countdown on the server's clock with it. */
export const countdown = (iso: string): Markup =>
  html`<time class="countdown" datetime="${iso}" title="${iso.slice(0, 19).replace("T", " ")} UTC" data-until
    >${clockOf(iso)}</time
  >`;

/** Each severity's own outline, told apart without colour. */
const SHAPES = {
  critical: "M5 1h6l4 4v6l-4 4H5l-4-4V5z",
  high: "M8 1.5 15.5 14.5H.5z",
  medium: "M8 .8 15.2 8 8 15.2.8 8z",
  low: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z",
  info: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zm0 3a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z",
} as const satisfies Record<Severity, string>;

/** The severity's shape alone, for lists. */
export const severityShape = (severity: Severity): Markup =>
  html`<svg class="shape sev-${severity}" viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
    <path d="${SHAPES[severity]}" />
  </svg>`;

/** Severity by word, shape and colour. */
export const severityBadge = (severity: Severity): Markup =>
  html`<span class="severity sev-${severity}">${severityShape(severity)}${severity}</span>`;

/** One line of a table: its cells, or one note across all of them that belongs to the line before. */
export type TableRow = readonly (Markup | string)[] | { readonly across: Markup };

const isNote = (row: TableRow): row is { readonly across: Markup } => "across" in row;

/** A table; columns with a trailing `#` hold figures, are right-aligned and set in tabular digits. */
export function table(caption: string, columns: readonly string[], rows: readonly TableRow[]): Markup {
  const numeric = columns.map((column) => column.endsWith("#"));
  const label = columns.map((column) => column.replace(/#$/, ""));
  const cells = (row: readonly (Markup | string)[]): Markup =>
    html`<tr>
      ${row.map((cell, at) => html`<td data-label="${label[at]}" ${numeric[at] ? html` class="num"` : ""}>${cell}</td>`)}
    </tr>`;
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption class="hidden">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${label.map((text, at) => html`<th scope="col" ${numeric[at] ? html` class="num"` : ""}>${text}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) =>
          isNote(row)
            ? html`<tr class="note-row">
                <td colspan="${columns.length}">${row.across}</td>
              </tr>`
            : cells(row),
        )}
      </tbody>
    </table>
  </div>`;
}

/** A list that is still empty says what will appear and how to try it. */
export const emptyState = (title: string, text: string, hint: string | null): Markup =>
  html`<div class="empty">
    <h2>${title}</h2>
    <p>${text}</p>
    ${hint === null ? "" : html`<p><code>${hint}</code></p>`}
  </div>`;
