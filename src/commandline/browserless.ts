import { randomUUID } from "node:crypto";
import type { ApprovalRow } from "../chat/console/rows/plans.ts";
import type { Card } from "../chat/card.ts";
import type { Reply } from "../chat/surface.ts";
import { DeskError } from "../kernel/errors.ts";

/** The console as a person's browser uses it: same addresses, same cookie, no page. */
export interface Browserless {
  pending(): Promise<readonly ApprovalRow[]>;
  card(incident: string): Promise<Card | null>;
  press(token: string): Promise<Reply>;
  type(command: string): Promise<Reply>;
  /** What the page's script sends to an address of the console. */
  send<T = Reply>(path: string, fields?: Record<string, string>): Promise<T>;
}

/**
 * Spends a one-time token on a session.
 * @throws DeskError NOT_SIGNED_IN where the console does not take it
 */
export async function signIn(url: string, token: string): Promise<Browserless> {
  const answer = await fetch(`${url}/sign-in/${token}`, { redirect: "manual" });
  const cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  await answer.body?.cancel();
  if (cookie === "") throw new DeskError("NOT_SIGNED_IN", `the console at ${url} did not take the token`);
  const get = async <T>(path: string): Promise<T | null> => {
    const response = await fetch(`${url}${path}`, { headers: { cookie, accept: "application/json" } });
    if (!response.ok) {
      await response.body?.cancel();
      return null;
    }
    return (await response.json()) as T;
  };
  const post = async <T = Reply>(path: string, body: Record<string, string>): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { cookie, origin: url, "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ ...body, delivery: randomUUID() }),
    });
    return (await response.json()) as T;
  };
  return {
    pending: async () =>
      ((await get<{ approvals: ApprovalRow[] }>("/api/approvals"))?.approvals ?? []).filter(
        (one) => one.state === "pending" && one.mine,
      ),
    card: async (incident) => (await get<{ card: Card }>(`/api/incidents/${incident}`))?.card ?? null,
    press: (button) => post("/act", { token: button }),
    type: (command) => post("/command", { text: command }),
    send: (path, fields = {}) => post(path, fields),
  };
}
