import { type Markup, html } from "../markup.ts";

/** Heat map, liquidation fan, smile and deltas as the books stand; the page's script fetches, draws and keeps them up to date. */
export const riskPage = (): Markup =>
  html`<div class="sheet wide" data-risk>
    <h1>Risk</h1>
    <p class="quiet">
      What <code>/greeks</code>, <code>/risk</code> and <code>/vol</code> draw, as the books stand now. Looking decides
      nothing and leaves no entry in the ledger.
    </p>
    <noscript><p>The charts need the page’s script; the commands answer with the same figures as tables.</p></noscript>
    <nav class="risk-places" aria-label="On this page" data-risk-places hidden></nav>
    <p data-risk-state role="status">Reading the books…</p>
    <div data-risk-parts></div>
  </div>`;
