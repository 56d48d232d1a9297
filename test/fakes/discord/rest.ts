import type { Answer } from "../faults.ts";
import { checkCallback, checkMessage } from "./check.ts";

export const GUILD = "900000000000000001";
export const APP = "900000000000000002";
export const CHANNEL = "900000000000000010";
export const CLOSED_CHANNEL = "900000000000000011";

/** A file that came with a message. */
export interface FakeFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A message as the fake keeps it. */
export interface FakeMessage {
  readonly id: string;
  readonly channel: string;
  body: Record<string, unknown>;
  readonly nonce: unknown;
  readonly files: readonly FakeFile[];
  /** When it was posted, on the clock of `performance.now()`. */
  readonly at: number;
  edits: number;
}

/** The server: channels, messages, interactions, and all that was called. */
export interface Guild {
  token: string;
  readonly messages: FakeMessage[];
  readonly channels: Set<string>;
  readonly threads: Set<string>;
  readonly interactions: Map<string, { acknowledged: boolean; expired: boolean; readonly user?: string }>;
  /** Private answers, by the interaction's token; one that is filled in again stands again. */
  readonly answers: {
    readonly token: string;
    readonly user: string;
    readonly content: string;
    readonly files: readonly FakeFile[];
  }[];
  readonly callbacks: Record<string, unknown>[];
  readonly calls: { readonly name: string; readonly at: number }[];
  readonly bots: Set<string>;
  commands: unknown[];
  /** What the checkers found; a healthy program leaves this empty. */
  readonly faults: string[];
  onCallback: (id: string, response: Record<string, unknown>) => void;
  sequence: number;
}

export const guild = (): Guild => ({
  token: "fake-token",
  messages: [],
  channels: new Set([CHANNEL]),
  threads: new Set(),
  interactions: new Map(),
  answers: [],
  callbacks: [],
  calls: [],
  bots: new Set(),
  commands: [],
  faults: [],
  onCallback: () => {},
  sequence: 0,
});

type Bag = Record<string, unknown>;
const fail = (status: number, code: number, message: string): Answer => ({ status, body: { code, message } });
const UNKNOWN_CHANNEL = fail(404, 10_003, "Unknown Channel");
const UNKNOWN_MESSAGE = fail(404, 10_008, "Unknown Message");

/** JSON of a plain or a multipart body, and the files with it. */
function parse(type: string, body: Buffer): { json: Bag; files: FakeFile[] } {
  const text = body.toString("latin1");
  if (!type.startsWith("multipart/")) {
    return { json: body.length === 0 ? {} : (JSON.parse(body.toString()) as Bag), files: [] };
  }
  const payload = /name="payload_json"[^]*?\r\n\r\n([^]*?)\r\n--/.exec(text)?.[1] ?? "{}";
  const files = [...text.matchAll(/filename="([^"]+)"[^]*?\r\n\r\n([^]*?)\r\n--/g)].map((match) => ({
    name: match[1] ?? "",
    bytes: Buffer.from(match[2] ?? "", "latin1"),
  }));
  return { json: JSON.parse(Buffer.from(payload, "latin1").toString()) as Bag, files };
}

const shownAs = (message: FakeMessage): Bag => ({
  id: message.id,
  channel_id: message.channel,
  author: { id: APP, bot: true, username: "breakwater" },
  content: "",
  ...message.body,
});

/** Handles one authorised call. */
export function route(desk: Guild, method: string, path: string, type: string, raw: Buffer): Answer {
  const { json, files } = parse(type, raw);
  const [, area = "", one = "", kind = "", two = ""] = path.split("/");
  switch (`${method} ${area} ${kind}`) {
    case "POST channels messages":
      return two === "" ? post(desk, one, json, files) : openThread(desk, one, two);
    case "GET channels messages":
      return listMessages(desk, one);
    case "PATCH channels messages":
      return edit(desk, one, two, json);
    case "GET channels ":
      return desk.channels.has(one) ? { status: 200, body: { id: one, guild_id: GUILD } } : UNKNOWN_CHANNEL;
    case "POST interactions callback":
    case `POST interactions ${kind}`:
      return callback(desk, one, json);
    case `PATCH webhooks ${kind}`:
      return answer(desk, kind, json, files);
    case "PUT applications guilds":
      desk.commands = json as unknown as unknown[];
      return { status: 200, body: desk.commands };
    case "GET guilds members":
      return { status: 200, body: { user: { id: two, bot: desk.bots.has(two) }, roles: [] } };
    case "GET applications ":
      return { status: 200, body: { id: APP, verify_key: "ab".repeat(32) } };
    case "GET guilds ":
      return one === GUILD ? { status: 200, body: { id: GUILD, name: "desk" } } : fail(403, 50_001, "Missing Access");
    default:
      return fail(404, 0, `404: Not Found ${method} ${path}`);
  }
}

function post(desk: Guild, channel: string, body: Bag, files: readonly FakeFile[]): Answer {
  if (!desk.channels.has(channel) && !desk.threads.has(channel)) {
    return channel === CLOSED_CHANNEL ? fail(403, 50_001, "Missing Access") : UNKNOWN_CHANNEL;
  }
  const found = checkMessage(body);
  if (found.length > 0) {
    desk.faults.push(...found);
    return fail(400, 50_035, `Invalid Form Body ${found.join("; ")}`);
  }
  const twin =
    body["enforce_nonce"] === true
      ? desk.messages.find((message) => message.channel === channel && message.nonce === body["nonce"])
      : undefined;
  if (twin !== undefined) return { status: 200, body: shownAs(twin) };
  desk.sequence += 1;
  const message = {
    id: String(910_000_000_000_000_000n + BigInt(desk.sequence)),
    channel,
    body,
    nonce: body["nonce"],
    files,
    at: performance.now(),
    edits: 0,
  };
  desk.messages.push(message);
  return { status: 200, body: shownAs(message) };
}

function edit(desk: Guild, channel: string, id: string, body: Bag): Answer {
  const message = desk.messages.find((one) => one.id === id && one.channel === channel);
  if (message === undefined) return UNKNOWN_MESSAGE;
  const found = checkMessage(body);
  if (found.length > 0) {
    desk.faults.push(...found);
    return fail(400, 50_035, `Invalid Form Body ${found.join("; ")}`);
  }
  message.body = body;
  message.edits += 1;
  return { status: 200, body: shownAs(message) };
}

function listMessages(desk: Guild, channel: string): Answer {
  if (!desk.channels.has(channel)) return UNKNOWN_CHANNEL;
  const found = desk.messages.filter((one) => one.channel === channel).map(shownAs);
  // A fetched message does not name its nonce.
  return { status: 200, body: found.reverse().map((one) => ({ ...one, nonce: undefined })) };
}

function openThread(desk: Guild, channel: string, message: string): Answer {
  if (!desk.messages.some((one) => one.id === message && one.channel === channel)) return UNKNOWN_MESSAGE;
  if (desk.threads.has(message)) return fail(400, 160_004, "A thread has already been created for this message");
  desk.threads.add(message);
  return { status: 201, body: { id: message } };
}

function callback(desk: Guild, id: string, response: Bag): Answer {
  const interaction = desk.interactions.get(id);
  if (interaction === undefined || interaction.expired) return fail(404, 10_062, "Unknown interaction");
  if (interaction.acknowledged) return fail(400, 40_060, "Interaction has already been acknowledged.");
  const found = checkCallback(response);
  if (found.length > 0) {
    desk.faults.push(...found);
    return fail(400, 50_035, `Invalid Form Body ${found.join("; ")}`);
  }
  interaction.acknowledged = true;
  desk.callbacks.push(response);
  desk.onCallback(id, response);
  const data = response["data"] as Bag | undefined;
  const user = interaction.user ?? "";
  if (response["type"] === 4)
    desk.answers.push({ token: `tok-${id}`, user, content: String(data?.["content"]), files: [] });
  return { status: 204 };
}

function answer(desk: Guild, token: string, body: Bag, files: readonly FakeFile[]): Answer {
  const interaction = desk.interactions.get(token.replace("tok-", ""));
  if (interaction === undefined) return fail(404, 10_015, "Unknown Webhook");
  const found = checkMessage(body);
  desk.faults.push(...found);
  desk.answers.push({ token, user: interaction.user ?? "", content: String(body["content"]), files });
  return { status: 200, body: { id: "1" } };
}
