import { checkBlockKit, checkView } from "./block-kit.ts";
import { BOT, type FakeMessage, TEAM, type Workspace } from "./state.ts";

type Args = Record<string, unknown>;
type Result = Record<string, unknown> & { ok: boolean };
type Method = (desk: Workspace, args: Args, base: string) => Result;

const fail = (error: string): Result => ({ ok: false, error });
const str = (value: unknown): string => (typeof value === "string" ? value : "");

function channelFault(desk: Workspace, channel: string): Result | null {
  const known = desk.channels.get(channel);
  if (known === undefined) return fail("channel_not_found");
  if (known.archived === true) return fail("is_archived");
  return known.member === false ? fail("not_in_channel") : null;
}

const nextTs = (desk: Workspace): string => {
  desk.sequence += 1;
  return `1763800000.${String(desk.sequence).padStart(6, "0")}`;
};

function checked(desk: Workspace, args: Args): Result | null {
  if (args["blocks"] === undefined) return str(args["text"]) === "" ? fail("no_text") : null;
  const found = checkBlockKit({ text: args["text"], blocks: args["blocks"] });
  if (found.length === 0) return null;
  desk.faults.push(...found);
  return fail("invalid_blocks");
}

const postMessage: Method = (desk, args) => {
  const to = str(args["channel"]);
  // A person's id opens the direct messages with them, which have a channel of their own.
  const direct = desk.users.has(to);
  const channel = direct ? `D0${to}` : to;
  if (direct) desk.channels.set(channel, { member: true });
  const fault = channelFault(desk, channel);
  const bad = fault ?? checked(desk, args);
  if (bad !== null) return bad;
  const message: FakeMessage = {
    ts: nextTs(desk),
    channel,
    bot_id: BOT,
    text: str(args["text"]),
    blocks: (args["blocks"] as Record<string, unknown>[] | undefined) ?? [],
    edits: 0,
    ...(args["metadata"] === undefined ? {} : { metadata: args["metadata"] }),
    ...(args["thread_ts"] === undefined ? {} : { thread_ts: str(args["thread_ts"]) }),
  };
  desk.messages.push(message);
  return { ok: true, channel, ts: message.ts, message: { ...message } };
};

const update: Method = (desk, args) => {
  const bad = channelFault(desk, str(args["channel"])) ?? checked(desk, args);
  if (bad !== null) return bad;
  const message = desk.messages.find((one) => one.ts === args["ts"] && one.channel === args["channel"]);
  if (message === undefined) return fail("message_not_found");
  message.text = str(args["text"]);
  message.blocks = args["blocks"] as Record<string, unknown>[];
  message.edits += 1;
  return { ok: true, channel: message.channel, ts: message.ts };
};

const postEphemeral: Method = (desk, args) => {
  desk.ephemerals.push({
    user: str(args["user"]),
    text: str(args["text"]),
    blocks: (args["blocks"] as unknown[] | undefined) ?? [],
  });
  return { ok: true, message_ts: nextTs(desk) };
};

const history: Method = (desk, args) => {
  const bad = channelFault(desk, str(args["channel"]));
  if (bad !== null) return bad;
  const messages = desk.messages
    .filter((one) => one.channel === args["channel"] && one.thread_ts === undefined)
    .reverse()
    .slice(0, Number(args["limit"] ?? 100))
    .map((one) => ({ ...one, ...(String(args["include_all_metadata"]) === "true" ? {} : { metadata: undefined }) }));
  return { ok: true, messages };
};

const openView: Method = (desk, args) => {
  const trigger = str(args["trigger_id"]);
  if (!desk.triggers.delete(trigger)) return fail("expired_trigger_id");
  const view = args["view"] as Record<string, unknown>;
  const found = checkView(view);
  if (found.length > 0) {
    desk.faults.push(...found);
    return fail("invalid_arguments");
  }
  desk.sequence += 1;
  desk.views.push({ trigger, view: { ...view, id: `V${desk.sequence}` } });
  return { ok: true, view: { ...view, id: `V${desk.sequence}` } };
};

const usersInfo: Method = (desk, args) => {
  const user = desk.users.get(str(args["user"]));
  return user === undefined ? fail("user_not_found") : { ok: true, user };
};

const conversationsInfo: Method = (desk, args) => {
  const known = desk.channels.get(str(args["channel"]));
  if (known === undefined) return fail("channel_not_found");
  return {
    ok: true,
    channel: { id: args["channel"], is_archived: known.archived === true, is_member: known.member !== false },
  };
};

const uploadUrl: Method = (desk, _args, base) => {
  desk.sequence += 1;
  const id = `F${desk.sequence}`;
  return { ok: true, file_id: id, upload_url: `${base}/upload/${id}` };
};

const completeUpload: Method = (desk, args) => {
  const closed = channelFault(desk, str(args["channel_id"]));
  if (closed !== null) return closed;
  const files = (typeof args["files"] === "string" ? JSON.parse(args["files"]) : args["files"]) as {
    id: string;
    title?: string;
  }[];
  for (const file of files) {
    const bytes = desk.uploads.get(file.id);
    if (bytes === undefined) return fail("file_not_found");
    desk.files.push({
      channel: str(args["channel_id"]),
      thread: str(args["thread_ts"]),
      name: str(file.title),
      bytes,
    });
  }
  return { ok: true, files };
};

/** Every method of the Web API that a desk calls; others answer `unknown_method`. */
export const METHODS: Readonly<Record<string, Method>> = {
  "auth.test": () => ({ ok: true, team_id: TEAM, bot_id: BOT, user_id: "U0BOT", url: "https://desk.slack.com/" }),
  "chat.postMessage": postMessage,
  "chat.update": update,
  "chat.postEphemeral": postEphemeral,
  "conversations.history": history,
  "conversations.info": conversationsInfo,
  "views.open": openView,
  "users.info": usersInfo,
  "files.getUploadURLExternal": uploadUrl,
  "files.completeUploadExternal": completeUpload,
};
