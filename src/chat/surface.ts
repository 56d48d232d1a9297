import type { Card } from "./card.ts";
import type { Chart } from "./picture/chart.ts";

export type SurfaceName = "slack" | "discord" | "console";

/** Where a card stands on a surface, so that it can be changed in place after any restart. */
export interface MessageRef {
  readonly surface: SurfaceName;
  readonly channel: string;
  readonly message: string;
}

/** Who pressed or typed, by the platform's own ids, never by names. */
export interface ChatUser {
  readonly surface: SurfaceName;
  /** Slack team, Discord guild, or "console". */
  readonly space: string;
  readonly user: string;
}

/** A button press, before anyone believed it. */
export interface Click {
  readonly type: "click";
  readonly deliveryId: string;
  readonly user: ChatUser;
  readonly token: string;
  /** What a modal added: a reason, a size. */
  readonly fields: Readonly<Record<string, string>>;
  readonly at: Date;
}

/** A typed command such as "/hedge BTC 50%", before anyone believed it. */
export interface CommandCall {
  readonly type: "command";
  readonly deliveryId: string;
  readonly user: ChatUser;
  readonly text: string;
  readonly at: Date;
}

/** What the person reads back, privately. `ok` false says that nothing was done. */
export interface Reply {
  readonly ok: boolean;
  readonly text: string;
  /** Aligned columns to show below the text. */
  readonly table?: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
  /** Drawn and shown after the text, to this person alone; four at most. */
  readonly charts?: readonly Chart[];
  /** An incident card that belongs to the answer. */
  readonly incident?: string;
  /** A page of the console where the deed goes on: its path; chats are given the whole address. */
  readonly link?: { readonly label: string; readonly url: string };
}

/**
 * What the composition root hands to each surface: `receive` stores the row and resolves once it is durable (then the
 * platform is acknowledged); the answer comes later.
 */
export interface Inbound {
  receive(event: Click | CommandCall): Promise<{ readonly reply: Promise<Reply> }>;
  /** Completions of a command line, for autocomplete. */
  complete(user: ChatUser, text: string): Promise<readonly { readonly value: string; readonly hint: string }[]>;
}

/** How a surface is. */
export interface SurfaceHealth {
  readonly state: "starting" | "up" | "degraded" | "down";
  readonly since: Date;
  readonly why?: string;
}

/** The outcome of a send: `refused` is final, `later` names when to try again, `ambiguous` must be looked up first. */
export type Sent =
  | { readonly outcome: "sent"; readonly ref: MessageRef }
  | { readonly outcome: "refused"; readonly why: string }
  | { readonly outcome: "gone" }
  | { readonly outcome: "later"; readonly afterMs: number }
  | { readonly outcome: "ambiguous"; readonly why: string };

/** One place where people meet the desk: Slack, Discord, or the console. */
export interface Surface {
  readonly name: SurfaceName;
  start(inbound: Inbound): Promise<void>;
  stop(): Promise<void>;
  health(): SurfaceHealth;
  /** Posts a card once; `key` identifies it to `find`. */
  post(channel: string, card: Card, key: string): Promise<Sent>;
  /** Replaces a card in place. */
  update(ref: MessageRef, card: Card): Promise<Sent>;
  /** Adds a plain line to the card's thread, with a picture where given. */
  note(
    ref: MessageRef,
    text: string,
    picture?: { readonly name: string; readonly png: Uint8Array; readonly alt: string },
  ): Promise<Sent>;
  /** After an ambiguous post: the message that carries `key`, or null. */
  find(channel: string, key: string): Promise<MessageRef | null>;
}
