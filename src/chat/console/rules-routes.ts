import { readBody } from "./act.ts";
import { type Add, type Ctx, type DrawPage, acting, answerIn, originOf } from "./passkey-routes.ts";
import { changePage, draftPage, rulesPage } from "./pages/rules.ts";
import type { RulesBackend } from "./rules.ts";
import { DeskError } from "../../kernel/errors.ts";

/** Adds the pages of the rules, their drafts and changes. */
export function addRulesRoutes(get: Add, post: Add, page: DrawPage, backend: RulesBackend): void {
  const named = (c: Ctx): string => c.req.param("hash") ?? "";
  get("/rules", async (c) => page(c, "/rules", "Rules", rulesPage(await backend.page(c.get("viewer").person))));
  post("/rules/draft", async (c) => {
    const { fields } = await readBody(c);
    const draft = await backend.draft(acting(c), fields.get("text") ?? "");
    return page(c, "/rules", "Draft of the rules", draftPage(draft));
  });
  post("/rules/propose", async (c) => {
    const { fields } = await readBody(c);
    const { reply, hash } = await backend.propose(acting(c), fields.get("text") ?? "", fields.get("reason") ?? "");
    return reply.ok && hash !== null ? c.redirect(`/rules/changes/${hash.slice(0, 16)}`, 303) : c.json(reply);
  });
  get("/rules/changes/:hash", async (c) => {
    const { person, mayAct } = c.get("viewer");
    const change = await backend.change(person, named(c));
    if (!change) throw new DeskError("ROUTE_UNKNOWN", "there is no such change");
    return page(c, "/rules", `Change ${change.words}`, changePage(change, mayAct));
  });
  post("/rules/changes/:hash/begin", async (c) =>
    c.json((await backend.begin(acting(c), named(c), originOf(c))) as object),
  );
  post("/rules/changes/:hash/approve", async (c) => {
    const { fields } = await readBody(c);
    const typed = fields.get("typed") ?? "";
    return c.json(await backend.approve(acting(c), named(c), originOf(c), typed, answerIn(fields)));
  });
  post("/rules/changes/:hash/deny", async (c) => {
    const { fields } = await readBody(c);
    return c.json(await backend.deny(acting(c), named(c), fields.get("reason") ?? ""));
  });
}
