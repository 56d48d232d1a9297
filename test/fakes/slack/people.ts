import { createHmac, randomBytes } from "node:crypto";
import type { FakeSlack } from "./server.ts";
import { TEAM } from "./state.ts";

/** Who acts and from where; a member of the desk's own workspace where nothing else is said. */
export interface Actor {
  readonly user: string;
  readonly team?: string;
  readonly channel?: string;
}

const trigger = (slack: FakeSlack): string => {
  const id = `${randomBytes(4).toString("hex")}.${randomBytes(6).toString("hex")}`;
  slack.desk.triggers.add(id);
  return id;
};

/** A press of the button that carries `value`, as Slack describes it. */
export function clickPayload(slack: FakeSlack, actor: Actor, value: string, ts = "1763800000.000001"): object {
  return {
    type: "block_actions",
    user: { id: actor.user, team_id: actor.team ?? TEAM, username: "a-name-nobody-trusts" },
    team: { id: TEAM },
    channel: { id: actor.channel ?? "C0RISK" },
    container: { type: "message", message_ts: ts, channel_id: actor.channel ?? "C0RISK" },
    trigger_id: trigger(slack),
    response_url: `${slack.url}/respond/${actor.user}`,
    actions: [{ type: "button", action_id: `bw:${value}`, block_id: "bw-actions", value, action_ts: "1763800001.1" }],
  };
}

/** A typed slash command, as Slack describes it. */
export function commandPayload(slack: FakeSlack, actor: Actor, command: string, text: string): Record<string, string> {
  return {
    command,
    text: text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;"),
    user_id: actor.user,
    team_id: actor.team ?? TEAM,
    channel_id: actor.channel ?? "C0RISK",
    trigger_id: trigger(slack),
    response_url: `${slack.url}/respond/${actor.user}`,
  };
}

/** The newest open form, or the one with this id, filled in and submitted. */
export function submitPayload(
  slack: FakeSlack,
  actor: Actor,
  fields: Readonly<Record<string, string>>,
  id?: string,
): object {
  const opened = slack.desk.views.findLast((one) => id === undefined || one.view["id"] === id);
  if (opened === undefined) throw new Error("no such form was opened");
  const values = Object.fromEntries(
    (opened.view["blocks"] as { block_id: string; element: { type: string } }[]).map((block) => {
      const value = fields[block.block_id] ?? null;
      const answer =
        block.element.type === "static_select" ? { selected_option: value === null ? null : { value } } : { value };
      return [block.block_id, { value: { type: block.element.type, ...answer } }];
    }),
  );
  return {
    type: "view_submission",
    user: { id: actor.user, team_id: actor.team ?? TEAM },
    team: { id: TEAM },
    view: { ...opened.view, state: { values } },
  };
}

/** Presses and waits for the acknowledgement. */
export const click = (slack: FakeSlack, actor: Actor, value: string) =>
  slack.deliver("interactive", clickPayload(slack, actor, value));

/** Types and waits for the acknowledgement. */
export const type = (slack: FakeSlack, actor: Actor, command: string, text = "") =>
  slack.deliver("slash_commands", commandPayload(slack, actor, command, text));

/** A request as Slack's servers would sign it. */
export function signed(
  secret: string,
  payload: object,
  more: { at?: Date; signature?: string; headers?: Record<string, string>; type?: string } = {},
): Request {
  const command = "command" in payload;
  const body = command
    ? new URLSearchParams(payload as Record<string, string>).toString()
    : new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const at = String(Math.floor((more.at ?? new Date()).getTime() / 1_000));
  const signature = more.signature ?? `v0=${createHmac("sha256", secret).update(`v0:${at}:${body}`).digest("hex")}`;
  return new Request("http://desk.example/slack/events", {
    method: "POST",
    headers: {
      "content-type": more.type ?? "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": at,
      "x-slack-signature": signature,
      ...more.headers,
    },
    body,
  });
}
