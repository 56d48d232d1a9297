import type { Context } from "hono";
import { DeskError } from "../../kernel/errors.ts";
import { readBody } from "./act.ts";
import type { Guarded } from "./guard.ts";
import type { Markup } from "./markup.ts";
import { passkeysPage } from "./pages/passkeys.ts";
import { planPage } from "./pages/plan.ts";
import type { PasskeyBackend } from "./passkeys.ts";

export type Ctx = Context<Guarded>;
/** Adds a route behind the guard. */
export type Add = (path: string, handler: (c: Ctx) => Promise<Response> | Response) => void;
/** Draws a page in the console's frame; `path` marks the entry of the navigation. */
export type DrawPage = (c: Ctx, path: string, title: string, main: Markup) => Promise<Response>;

/** The page's own origin, which the guard has compared with ours. */
export const originOf = (c: Ctx): string => c.req.header("origin") ?? "";

/** The authenticator's answer, as JSON text in a field. @throws DeskError BODY_MALFORMED */
export function answerIn(fields: ReadonlyMap<string, string>): unknown {
  try {
    return JSON.parse(fields.get("response") ?? "");
  } catch (cause) {
    throw new DeskError("BODY_MALFORMED", "the passkey's answer is missing or no JSON", { cause });
  }
}

/** Refuses people who may only look. @throws DeskError NOT_ALLOWED */
export function acting(c: Ctx): string {
  const viewer = c.get("viewer");
  if (!viewer.mayAct) throw new DeskError("NOT_ALLOWED");
  return viewer.person;
}

/** Whoever is signed in, also who may only look: a passkey of one's own signs in, and approves nothing without a role. */
const oneself = (c: Ctx): string => c.get("viewer").person;

/** Adds the pages of plans and passkeys, and what their script asks. */
export function addPasskeyRoutes(get: Add, post: Add, page: DrawPage, backend: PasskeyBackend): void {
  const planOf = async (c: Ctx) => {
    const plan = await backend.plan(c.get("viewer").person, c.req.param("hash") ?? "");
    if (!plan) throw new DeskError("ROUTE_UNKNOWN", "there is no such plan");
    return plan;
  };
  get("/plans/:hash", async (c) => {
    const plan = await planOf(c);
    return page(c, "/approvals", `Plan ${plan.words}`, planPage(plan, c.get("viewer").mayAct));
  });
  get("/plans/:hash/file", async (c) => {
    const plan = await planOf(c);
    c.header("content-type", "application/json");
    c.header("content-disposition", `attachment; filename="plan-${plan.hash.slice(0, 16)}.json"`);
    return c.body(plan.canonical);
  });
  get("/passkeys", async (c) => page(c, "/people", "Passkeys", passkeysPage(await backend.keys(), c.get("viewer"))));
  post("/plans/:hash/begin", async (c) =>
    c.json((await backend.begin(acting(c), c.req.param("hash") ?? "", originOf(c))) as object),
  );
  post("/plans/:hash/approve", async (c) => {
    const { fields } = await readBody(c);
    const typed = fields.get("typed") ?? "";
    return c.json(await backend.approve(acting(c), c.req.param("hash") ?? "", originOf(c), typed, answerIn(fields)));
  });
  post("/passkeys/begin", async (c) => c.json((await backend.enrolment(oneself(c), originOf(c))) as object));
  post("/passkeys/enrol", async (c) => {
    const { fields } = await readBody(c);
    return c.json(await backend.enrol(oneself(c), originOf(c), answerIn(fields)));
  });
  post("/passkeys/confirm", async (c) => {
    const { fields } = await readBody(c);
    return c.json(await backend.confirm(acting(c), fields.get("credential") ?? ""));
  });
  post("/passkeys/codes", async (c) => {
    const codes = await backend.codes(oneself(c));
    return c.json({ ok: true, text: `Write these down; they are shown once: ${codes.join("  ")}` });
  });
  post("/passkeys/recover", async (c) => {
    const { fields } = await readBody(c);
    return c.json(await backend.recover(oneself(c), fields.get("code") ?? ""));
  });
  post("/passkeys/elsewhere", async (c) => {
    const here = new URL(originOf(c));
    if (here.hostname !== "127.0.0.1" && here.hostname !== "[::1]")
      throw new DeskError("NOT_SUPPORTED", `this address is ${here.hostname}; ask who runs the desk for its name`);
    const token = await backend.signIn(oneself(c));
    return c.json({ ok: true, text: "Going there.", url: `http://localhost:${here.port}/sign-in/${token}` });
  });
}
