import { readBody } from "./act.ts";
import type { EmergencyBackend, EmergencyForm } from "./emergency.ts";
import { breakGlassPage } from "./pages/break-glass.ts";
import { type Add, type Ctx, type DrawPage, acting, answerIn, originOf } from "./passkey-routes.ts";

const LONGEST = 500;

const formOf = (fields: ReadonlyMap<string, string>): EmergencyForm => ({
  scope: fields.get("scope") ?? "",
  reason: fields.get("reason") ?? "",
  minutes: fields.get("minutes") ?? "",
  incident: fields.get("incident") ?? "",
});

const query = (c: Ctx, name: string): string => (c.req.query(name) ?? "").slice(0, LONGEST);

/** Adds the page of emergency powers, and what its script asks. */
export function addEmergencyRoutes(get: Add, post: Add, page: DrawPage, backend: EmergencyBackend): void {
  get("/break-glass", async (c) => {
    const viewer = c.get("viewer");
    const filled = { scope: query(c, "scope"), reason: query(c, "reason"), incident: query(c, "incident") };
    return page(c, "/people", "Emergency powers", breakGlassPage(await backend.page(viewer.person), viewer, filled));
  });
  post("/break-glass/begin", async (c) => {
    const { fields } = await readBody(c);
    return c.json((await backend.begin(acting(c), originOf(c), formOf(fields))) as object);
  });
  post("/break-glass/open", async (c) => {
    const { fields } = await readBody(c);
    return c.json(await backend.open(acting(c), originOf(c), formOf(fields), answerIn(fields)));
  });
  post("/break-glass/review", async (c) => {
    const { fields } = await readBody(c);
    return c.json(await backend.review(acting(c), fields.get("use") ?? "", fields.get("finding") ?? ""));
  });
}
