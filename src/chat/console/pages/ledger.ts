import type { LedgerPage, LedgerVerdict } from "../rows/ledger.ts";
import { type Markup, NOTHING, emptyState, html, instant, table, words } from "../markup.ts";
import { visible } from "../../../kernel/visible.ts";

const verdictLine = (verdict: LedgerVerdict): Markup =>
  html`<p class="verdict ${verdict.ok ? "good" : "bad"}" role="status">
    <strong>${verdict.ok ? "Verified." : "Does not verify."}</strong>
    ${words(verdict.text)}${verdict.firstBad === null ? NOTHING : html` <a href="/ledger?before=${verdict.firstBad + 1}">Go to entry ${verdict.firstBad}</a>`}
  </p>`;

/** Hashes and long ids by their beginning; the whole stands in the title and in the body. */
const clipped = (text: string): string => (text.length > 34 ? `${text.slice(0, 32)}…` : text);

/** The ledger, newest first, with its check and each entry's proof. */
export function ledgerPage(page: LedgerPage, verdict: LedgerVerdict | null): Markup {
  const rows = page.entries.map((entry) => [
    String(entry.seq),
    instant(entry.at),
    words(entry.actor),
    words(entry.type),
    html`<span class="object" title="${visible(entry.object)}">${words(clipped(entry.object))}</span>`,
    html`<details>
      <summary><code>${entry.hash.slice(0, 12)}</code></summary>
      <pre>${words(entry.body)}</pre>
      <p class="quiet">SHA-256 <code>${entry.hash}</code></p>
    </details>`,
    html`<a href="/api/ledger/${entry.seq}/proof" download="breakwater-proof-${entry.seq}.json">Proof</a>`,
  ]);
  return html`<div class="sheet" data-part="sheet">
    <h1>Ledger</h1>
    <div class="sheet-tools">
      <p>${page.size} entr${page.size === 1 ? "y" : "ies"}, each sealed by the hash of the one before.</p>
      <form method="post" action="/ledger/verify"><button class="button quiet">Verify now</button></form>
    </div>
    ${verdict ? verdictLine(verdict) : NOTHING}
    ${page.entries.length === 0 ? emptyState("No entry yet", "Every deed of the desk is written here in the transaction of the deed.", null) : html`<div class="stack">${table("Ledger entries", ["Number#", "Time", "Actor", "Deed", "Object", "Body", "Proof"], rows)}</div>`}
    <p class="paging">
      ${page.next === null ? NOTHING : html`<a href="/ledger?before=${page.next}">Older entries</a>`}
      <a href="/ledger">Newest</a>
    </p>
  </div>`;
}
