import { type KeyObject, generateKeyPairSync, sign } from "node:crypto";
import type { FakeDiscord } from "./server.ts";
import { APP, CHANNEL, GUILD } from "./rest.ts";

/** Who acts and from where; a member of the desk's own server where nothing else is said. */
export interface Actor {
  readonly user: string;
  readonly guild?: string;
  readonly bot?: boolean;
}

const nextId = (discord: FakeDiscord): string => {
  discord.guild.sequence += 1;
  return String(920_000_000_000_000_000n + BigInt(discord.guild.sequence));
};

/** An interaction, as Discord describes it. */
export interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly type: number;
  readonly data?: unknown;
  readonly [more: string]: unknown;
}

function interaction(discord: FakeDiscord, actor: Actor, type: number, data: unknown): Interaction {
  const id = nextId(discord);
  const user = { id: actor.user, username: "a-name-nobody-trusts", bot: actor.bot ?? false };
  return {
    id,
    token: `tok-${id}`,
    type,
    data,
    application_id: APP,
    version: 1,
    channel_id: CHANNEL,
    guild_id: actor.guild ?? GUILD,
    member: { user, roles: [], permissions: "0" },
    locale: "en-US",
    entitlements: [],
  };
}

/** A press of the button with this id. */
export const click = (discord: FakeDiscord, actor: Actor, customId: string): Interaction =>
  interaction(discord, actor, 3, { custom_id: customId, component_type: 2 });

/** A slash command with its options. */
export const command = (
  discord: FakeDiscord,
  actor: Actor,
  name: string,
  options: Readonly<Record<string, string>>,
): Interaction =>
  interaction(discord, actor, 2, {
    id: "1",
    name,
    type: 1,
    options: Object.entries(options).map(([key, value]) => ({ name: key, type: 3, value })),
  });

/** A command that is being typed. */
export const typing = (
  discord: FakeDiscord,
  actor: Actor,
  name: string,
  options: Readonly<Record<string, string>>,
  focused: string,
): Interaction =>
  interaction(discord, actor, 4, {
    id: "1",
    name,
    type: 1,
    options: Object.entries(options).map(([key, value]) => ({ name: key, type: 3, value, focused: key === focused })),
  });

/** A form as it was opened. */
export interface Modal {
  readonly custom_id: string;
  readonly title: string;
  readonly components: readonly {
    readonly label: string;
    readonly component: { readonly type: number; readonly custom_id: string; readonly [more: string]: unknown };
  }[];
}

/** The newest form with this id, or of all; undefined where none was opened. */
export const modalOf = (discord: FakeDiscord, id?: string): Modal | undefined =>
  discord.guild.callbacks
    .filter((one) => one["type"] === 9)
    .map((one) => one["data"] as Modal)
    .findLast((one) => id === undefined || one.custom_id === id);

/** The newest form, or the one with this id, filled in and submitted. */
export function submission(
  discord: FakeDiscord,
  actor: Actor,
  fields: Readonly<Record<string, string>>,
  id?: string,
): Interaction {
  const modal = modalOf(discord, id);
  if (modal === undefined) throw new Error("no such form was opened");
  return interaction(discord, actor, 5, {
    custom_id: modal.custom_id,
    components: modal.components.map(({ component }) => {
      const value = fields[component.custom_id] ?? "";
      const given = component.type === 3 ? { values: value === "" ? [] : [value] } : { value };
      return { type: 18, component: { type: component.type, custom_id: component.custom_id, ...given } };
    }),
  });
}

/** A key pair as the developer page gives it: the public half as hexadecimal digits. */
export function appKeys(): { readonly privateKey: KeyObject; readonly publicHex: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const der = publicKey.export({ format: "der", type: "spki" });
  return { privateKey, publicHex: der.subarray(-32).toString("hex") };
}

/** A request as Discord's servers would sign it. */
export function signed(
  key: KeyObject,
  body: object | string,
  more: { at?: Date; signature?: string; sent?: string } = {},
): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const at = String(Math.floor((more.at ?? new Date()).getTime() / 1_000));
  const signature = more.signature ?? sign(null, Buffer.from(at + text), key).toString("hex");
  return new Request("http://desk.example/discord/interactions", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-signature-ed25519": signature,
      "x-signature-timestamp": at,
    },
    body: more.sent ?? text,
  });
}
