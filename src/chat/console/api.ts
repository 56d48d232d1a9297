import type { Context } from "hono";
import { DeskError } from "../../kernel/errors.ts";
import type { ConsoleBackend } from "./backend.ts";
import { LEDGER_READERS, type Guarded, refuseWithout } from "./guard.ts";

type Get = (path: string, handler: (c: Context<Guarded>) => Promise<Response> | Response) => void;
const HOUR_MS = 3_600_000;
/** The year 2200, which no series reaches. */
const LAST_MS = 7_258_118_400_000;

const limitOf = (c: Context<Guarded>): number => {
  const text = c.req.query("limit") ?? "";
  if (text === "") return 100;
  if (!/^\d{1,4}$/.test(text) || Number(text) < 1 || Number(text) > 1_000)
    throw new DeskError("INPUT_INVALID", "limit must be a whole number from 1 to 1000");
  return Number(text);
};

const beforeOf = (c: Context<Guarded>): number | null => {
  const text = c.req.query("before") ?? "";
  if (text === "") return null;
  if (!/^\d{1,15}$/.test(text)) throw new DeskError("INPUT_INVALID", "before must be the number of a ledger entry");
  return Number(text);
};

const statusOf = (c: Context<Guarded>): "unresolved" | "resolved" | "all" => {
  const text = c.req.query("status") ?? "all";
  if (text !== "unresolved" && text !== "resolved" && text !== "all")
    throw new DeskError("INPUT_INVALID", "status must be unresolved, resolved or all");
  return text;
};

/** The console's JSON, read only, behind the same session as its pages. Decimals and times are text. */
export function addApi(get: Get, parts: { readonly backend: ConsoleBackend }): void {
  const { backend } = parts;
  get("/api/incidents", async (c) => {
    const filter = { status: statusOf(c), text: c.req.query("q") ?? "", limit: limitOf(c) };
    return c.json({ incidents: await backend.incidents(filter) });
  });
  get("/api/incidents/:id", async (c) => {
    const detail = await backend.incident(c.req.param("id") ?? "");
    if (!detail) throw new DeskError("UNKNOWN_INCIDENT");
    return c.json(detail);
  });
  get("/api/market", async (c) => c.json({ market: await backend.market() }));
  get("/api/risk", async (c) => c.json(await backend.risk()));
  get("/api/detectors/:name", async (c) => {
    const detail = await backend.detector(c.req.param("name") ?? "");
    if (!detail) throw new DeskError("ROUTE_UNKNOWN", "no detector of this name is on");
    return c.json(detail);
  });
  get("/api/alerts", async (c) => c.json({ alerts: await backend.alerts(limitOf(c)) }));
  get("/api/runs", async (c) => c.json({ runs: await backend.runs(limitOf(c)) }));
  get("/api/approvals", async (c) => c.json({ approvals: await backend.approvals(c.get("viewer"), "all") }));
  get("/api/orders", async (c) => c.json({ orders: await backend.orders(limitOf(c)) }));
  get("/api/ledger", async (c) => {
    refuseWithout(c, LEDGER_READERS, "the ledger");
    return c.json(await backend.ledger(beforeOf(c), limitOf(c)));
  });
  get("/api/ledger/:seq/proof", async (c) => {
    refuseWithout(c, LEDGER_READERS, "the ledger");
    const seq = c.req.param("seq") ?? "";
    const proof = /^\d{1,15}$/.test(seq) ? await backend.proof(Number(seq)) : null;
    if (proof === null)
      throw new DeskError("ROUTE_UNKNOWN", `there is no proof of ledger entry ${seq.slice(0, 20)} yet`);
    c.header("content-type", "application/json");
    c.header("content-disposition", `attachment; filename="breakwater-proof-${seq}.json"`);
    return c.body(proof);
  });
  get("/api/accounts", async (c) => c.json({ accounts: await backend.accounts(), freezes: await backend.freezes() }));
  get("/api/accounts/:account/series", async (c) => {
    const since = c.req.query("since") ?? "";
    const sinceMs = since === "" ? Number.NaN : Date.parse(since);
    // No instant, or one of no century of ours, means the last hour.
    const fromMs = sinceMs >= 0 && sinceMs < LAST_MS ? sinceMs : -HOUR_MS;
    const series = await backend.series(c.req.param("account") ?? "", fromMs);
    return c.json(series);
  });
  get("/api/replays", async (c) => c.json({ recordings: await backend.replays() }));
  get("/api/replays/:id", async (c) => {
    const opening = await backend.replay(c.req.param("id") ?? "");
    if (!opening) throw new DeskError("UNKNOWN_RECORDING");
    if (opening.state !== "ready") return c.json(opening, opening.state === "reading" ? 202 : 200);
    c.header("content-type", "application/json");
    return c.body(`{"state":"ready","view":${opening.view}}`);
  });
  get("/api/header", async (c) => c.json(await backend.header()));
}
