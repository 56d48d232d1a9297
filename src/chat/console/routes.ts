import { Hono, type Context, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { DeskError } from "../../kernel/errors.ts";
import type { Reply } from "../surface.ts";
import { act, command, readBody, userOf } from "./act.ts";
import { addApi } from "./api.ts";
import type { Assets } from "./assets.ts";
import type { Attempts } from "./attempts.ts";
import { streamEvents } from "./events.ts";
import type { EmergencyBackend } from "./emergency.ts";
import { addEmergencyRoutes } from "./emergency-routes.ts";
import { type Feed, type FeedParts } from "./feed.ts";
import {
  LEDGER_READERS,
  PLAYBOOK_USERS,
  type Guarded,
  type Place,
  dropSession,
  holdsAny,
  ownHost,
  ownOrigin,
  refuseWithout,
  sessionCookie,
  signedIn,
  storable,
} from "./guard.ts";
import type { Inbound } from "../surface.ts";
import { nothingYet, renderIncident, renderList, renderRow } from "./incident-html.ts";
import { renderBare, renderPage } from "./layout.ts";
import { type Markup, html } from "./markup.ts";
import { accountsPage } from "./pages/accounts.ts";
import { alertsPage } from "./pages/alerts.ts";
import { approvalsPage } from "./pages/approvals.ts";
import { detectorPage } from "./pages/detector.ts";
import { detectorsPage } from "./pages/detectors.ts";
import { ledgerPage } from "./pages/ledger.ts";
import { marketPage } from "./pages/market.ts";
import { ordersPage } from "./pages/orders.ts";
import { peoplePage, settingsPage } from "./pages/people.ts";
import { dryRunPage, playbooksPage } from "./pages/playbooks.ts";
import { replayPage, replaysPage } from "./pages/replay.ts";
import { riskPage } from "./pages/risk.ts";
import { answerPage, signedOutPage } from "./pages/sign-in.ts";
import { addPasskeyRoutes } from "./passkey-routes.ts";
import type { PasskeySignIn } from "./passkey-sign-in.ts";
import type { PasskeyBackend } from "./passkeys.ts";
import type { RulesBackend } from "./rules.ts";
import { addRulesRoutes } from "./rules-routes.ts";
import { renderAccounts, renderPending } from "./side.ts";
import { addSignIn } from "./sign-in-routes.ts";
import type { SingleSignOn } from "./single-sign-on.ts";

/** What the console's routes answer from. */
export interface RouteParts extends FeedParts {
  readonly inbound: Inbound;
  readonly feed: Feed;
  readonly assets: Assets;
  readonly attempts: Attempts;
  /** Null where this console has no passkeys. */
  readonly passkeys: PasskeyBackend | null;
  /** Null where passkeys do not sign in here. */
  readonly passkeySignIn: PasskeySignIn | null;
  /** Null where the desk has no OpenID provider. */
  readonly sso: SingleSignOn | null;
  /** Null where rules cannot be changed on this console. */
  readonly rules: RulesBackend | null;
  /** Null where this console gives no emergency powers. */
  readonly emergency: EmergencyBackend | null;
  readonly deskName: string;
  readonly environment: "paper" | "live";
  /** Read late: the port is known only once the server listens. */
  readonly place: () => Place;
}

type Ctx = Context<Guarded>;
const BODY_BYTES = 64 * 1_024;
/** A desk's whole rules as a form sends them. */
const RULES_BYTES = 1_024 * 1_024;
const LIST = 500;

/** Adds the console's own pages, stream and deeds; other routes of the same server stay as they are. */
export function addRoutes(app: Hono<Guarded>, parts: RouteParts): void {
  const { backend } = parts;
  const host: MiddlewareHandler<Guarded> = (c, next) => ownHost(parts.place())(c, next);
  const origin: MiddlewareHandler<Guarded> = (c, next) => ownOrigin(parts.place())(c, next);
  const session: MiddlewareHandler<Guarded> = (c, next) => signedIn(parts.place(), backend)(c, next);
  const upTo = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: () => {
        throw new DeskError("BODY_TOO_LARGE", `this address takes at most ${maxSize} bytes`);
      },
    });
  const [small, long] = [upTo(BODY_BYTES), upTo(RULES_BYTES)];
  const squeeze = compress();
  const get = (path: string, handler: (c: Ctx) => Promise<Response> | Response): void => {
    app.get(path, host, session, storable, squeeze, handler);
  };
  const post = (path: string, handler: (c: Ctx) => Promise<Response> | Response): void => {
    app.post(path, host, origin, session, storable, small, handler);
  };
  const postLong = (path: string, handler: (c: Ctx) => Promise<Response> | Response): void => {
    app.post(path, host, origin, session, storable, long, handler);
  };
  const page = async (c: Ctx, path: string, title: string, main: Markup): Promise<Response> => {
    const frame = {
      deskName: parts.deskName,
      environment: parts.environment,
      viewer: c.get("viewer"),
      header: await backend.header(),
      now: parts.clock.now(),
      last: parts.hub.last(),
      build: parts.assets.build,
    };
    c.header("cache-control", "no-store");
    return c.html(renderPage(frame, path, title, main).toString());
  };
  const desk = async (c: Ctx, selected: string | null, path: string): Promise<Response> => {
    const filter = filterOf(c);
    const viewer = c.get("viewer");
    const [rows, accounts, freezes, pending] = await Promise.all([
      backend.incidents({ ...filter, limit: LIST }),
      backend.accounts(),
      backend.freezes(),
      backend.approvals(viewer, "pending"),
    ]);
    // What waits for this person is shown first; then the loudest.
    const mine = pending.find((one) => one.mine && one.incident !== null)?.incident;
    const shown = selected ?? mine ?? rows[0]?.incident ?? null;
    const detail = shown === null ? null : await backend.incident(shown);
    if (selected !== null && !detail) throw new DeskError("UNKNOWN_INCIDENT");
    const middle = detail
      ? renderIncident(detail, { ...parts.card, mayAct: viewer.mayAct })
      : nothingYet(parts.environment, await backend.header());
    const main = html`<h1 class="hidden">Incidents</h1>
      <div class="desk-grid${selected === null ? " at-list" : ""}">
        ${renderList(rows, { text: filter.text, status: filter.status }, shown)}
        <div class="middle" data-middle>${middle}</div>
        <aside class="side" aria-label="Accounts and approvals">
          ${renderPending(pending)}${renderAccounts(accounts, freezes, parts.limits, parts.clock.now())}
        </aside>
      </div>`;
    return page(
      c,
      path,
      detail && selected !== null ? `${detail.card.incident} ${detail.card.title}` : "Incidents",
      main,
    );
  };
  const answer = (c: Ctx, reply: Reply, form: boolean, back: string): Response =>
    form
      ? c.html(renderBare(reply.ok ? "Done" : "Not done", parts.assets.build, answerPage(reply, back)).toString())
      : c.json(reply);

  app.get("/assets/:name", host, squeeze, (c) => {
    const asset = parts.assets.files.get(c.req.param("name"));
    if (!asset) throw new DeskError("ROUTE_UNKNOWN");
    c.header("etag", `"${parts.assets.build}"`);
    if ((c.req.header("if-none-match") ?? "").includes(parts.assets.build)) return c.body(null, 304);
    c.header("content-type", asset.type);
    c.header(
      "cache-control",
      c.req.query("v") === parts.assets.build ? "private, max-age=31536000, immutable" : "no-cache",
    );
    return c.body(asset.bytes);
  });
  const { sso, passkeySignIn, attempts, place } = parts;
  addSignIn(app, { backend, sso, passkeySignIn, attempts, build: parts.assets.build, place }, host, origin, small);

  get("/", (c) => desk(c, null, "/"));
  get("/incidents/:id", (c) => desk(c, c.req.param("id") ?? "", "/"));
  get("/fragments/incident/:id", async (c) => {
    const detail = await backend.incident(c.req.param("id") ?? "");
    if (!detail) throw new DeskError("UNKNOWN_INCIDENT");
    return c.html(renderIncident(detail, { ...parts.card, mayAct: c.get("viewer").mayAct }).toString());
  });
  get("/fragments/rows", async (c) => {
    const rows = await backend.incidents({ ...filterOf(c), limit: LIST });
    return c.html(rows.map((row) => renderRow(row, false).toString()).join(""));
  });
  get("/alerts", async (c) => page(c, "/alerts", "Alerts", alertsPage(await backend.alerts(200))));
  get("/approvals", async (c) =>
    page(c, "/approvals", "Approvals", approvalsPage(await backend.approvals(c.get("viewer"), "all"))),
  );
  get("/accounts", async (c) =>
    page(
      c,
      "/accounts",
      "Accounts",
      accountsPage(await backend.accounts(), await backend.freezes(), parts.limits, parts.clock.now()),
    ),
  );
  get("/orders", async (c) => page(c, "/orders", "Orders", ordersPage(await backend.orders(200))));
  get("/playbooks", async (c) =>
    page(
      c,
      "/playbooks",
      "Playbooks",
      playbooksPage(await backend.playbooks(), await backend.runs(100), holdsAny(c.get("viewer"), PLAYBOOK_USERS)),
    ),
  );
  get("/market", async (c) => page(c, "/market", "Market", marketPage(await backend.market(), filterOf(c).text)));
  get("/risk", async (c) => page(c, "/risk", "Risk", riskPage()));
  get("/detectors/:name", async (c) => {
    const detail = await backend.detector(c.req.param("name") ?? "");
    if (!detail) throw new DeskError("ROUTE_UNKNOWN", "no detector of this name is on");
    return page(c, "/detectors", detail.title, detectorPage(detail));
  });
  get("/detectors", async (c) => page(c, "/detectors", "Detectors", detectorsPage(await backend.detectors())));
  get("/replay", async (c) => page(c, "/replay", "Replay", replaysPage(await backend.replays())));
  get("/replay/:id", async (c) => {
    const found = (await backend.replays()).find((one) => one.id === c.req.param("id"));
    if (!found) throw new DeskError("UNKNOWN_RECORDING");
    return page(c, "/replay", found.name, replayPage(found.id, found.name));
  });
  get("/ledger", async (c) => {
    refuseWithout(c, LEDGER_READERS, "the ledger");
    return page(c, "/ledger", "Ledger", ledgerPage(await backend.ledger(beforeOf(c), 100), null));
  });
  get("/people", async (c) => page(c, "/people", "People", peoplePage(await backend.people())));
  get("/settings", async (c) => page(c, "/settings", "Settings", settingsPage(await backend.settings())));
  app.get("/events", host, session, (c) =>
    streamEvents(
      c,
      parts.feed,
      backend,
      parts.clock,
      parts.log,
      parts.assets.build,
      sessionCookie(c, parts.place()) ?? "",
    ),
  );
  get("/complete", async (c) =>
    c.json(await parts.inbound.complete(userOf(c.get("viewer")), (c.req.query("text") ?? "").slice(0, 200))),
  );

  post("/act", async (c) => {
    const { fields, form } = await readBody(c);
    const incident = (fields.get("token") ?? "").split(":")[0] ?? "";
    return answer(c, await act(parts, c.get("viewer"), fields), form, `/incidents/${encodeURIComponent(incident)}`);
  });
  post("/command", async (c) => {
    const { fields, form } = await readBody(c);
    return answer(c, await command(parts, c.get("viewer"), fields), form, "/");
  });
  post("/ledger/verify", async (c) => {
    refuseWithout(c, LEDGER_READERS, "the ledger");
    return page(c, "/ledger", "Ledger", ledgerPage(await backend.ledger(null, 100), await backend.verifyLedger()));
  });
  post("/playbooks/dry-run", async (c) => {
    const { fields } = await readBody(c);
    const { playbook = "", ...input } = Object.fromEntries(fields);
    refuseWithout(c, PLAYBOOK_USERS, "a dry run");
    return page(c, "/playbooks", "Dry run", dryRunPage(playbook, await backend.dryRun(playbook, input)));
  });
  post("/sign-out", async (c) => {
    await backend.signOut(sessionCookie(c, parts.place()) ?? "");
    dropSession(c, parts.place());
    const back = c.req.header("origin") ?? "";
    const end = sso?.endUrl(`${back}/sign-in`) ?? null;
    // A form may not lead to another site, so the provider's own sign-out is a link of the page.
    if (!sso || end === null) return c.redirect("/", 303);
    return c.html(renderBare("Signed out", parts.assets.build, signedOutPage(sso.name, end)).toString());
  });
  addApi(get, parts);
  if (parts.passkeys) addPasskeyRoutes(get, post, page, parts.passkeys);
  if (parts.rules) addRulesRoutes(get, postLong, page, parts.rules);
  if (parts.emergency) addEmergencyRoutes(get, post, page, parts.emergency);
}

function filterOf(c: Ctx): { status: "unresolved" | "resolved" | "all"; text: string } {
  const status = c.req.query("status");
  return {
    status: status === "all" || status === "resolved" ? status : "unresolved",
    text: (c.req.query("q") ?? "").slice(0, 100),
  };
}

/** The ledger page's `?before=`, a positive number or nothing. */
function beforeOf(c: Ctx): number | null {
  const text = c.req.query("before") ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
