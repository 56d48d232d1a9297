import { randomUUID } from "node:crypto";
import type { Card } from "../../../src/chat/card.ts";
import { type ConsoleSurface, openConsole } from "../../../src/chat/console/console.ts";
import type { Inbound, Reply } from "../../../src/chat/surface.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import type { SurfaceDriver } from "../../contract/surface.ts";
import { buildPage } from "../../e2e/built-page.ts";
import { quietBackend } from "./quiet-backend.ts";

/** A console on a free port where everyone is signed in by their own name, and the hands of its pages. */
export interface ConsoleHands {
  readonly console: ConsoleSurface;
  /** What stands in the desk's rows, by incident: the console draws nothing else. */
  readonly cards: Map<string, Card>;
  press(person: string, token: string, delivery?: string): Promise<Reply>;
  type(person: string, text: string): Promise<Reply>;
  page(person: string, path: string): Promise<string>;
  /** Words that the typed line may end with. */
  complete(person: string, text: string): Promise<readonly string[]>;
}

export async function consoleHands(inbound: Inbound): Promise<ConsoleHands> {
  buildPage();
  const cards = new Map<string, Card>();
  const console = await openConsole({
    host: "127.0.0.1",
    port: 0,
    backend: {
      ...quietBackend,
      redeem: async () => null,
      viewer: async (cookie) => ({ person: cookie, name: cookie, roles: ["risk"], mayAct: true }),
      signOut: async () => {},
      cards: async (ids) => new Map([...cards].filter(([id]) => ids.includes(id))),
      incident: async (id) => {
        const card = cards.get(id);
        return card === undefined ? null : { card, timeline: [], durations: [], account: null };
      },
    },
    inbound,
    clock: systemClock,
    log: silentLog,
    publicOrigin: null,
    environment: "paper",
    deskName: "Desk",
  });
  const headers = (person: string) => ({ cookie: `breakwater=${person}` });
  const post = async (person: string, path: string, body: object): Promise<Reply> => {
    const response = await fetch(console.url + path, {
      method: "POST",
      headers: { ...headers(person), origin: console.url, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Reply & { error?: { message: string; hint: string } };
    return answer.error === undefined ? answer : { ok: false, text: `${answer.error.message} ${answer.error.hint}` };
  };
  return {
    console,
    cards,
    press: (person, token, delivery = randomUUID()) => post(person, "/act", { token, delivery }),
    type: (person, text) => post(person, "/command", { text, delivery: randomUUID() }),
    async complete(person, text) {
      const response = await fetch(`${console.url}/complete?text=${encodeURIComponent(text)}`, {
        headers: headers(person),
      });
      const found = (await response.json()) as { value: string }[];
      return found.map(({ value }) => value.split(" ").at(-1) ?? "");
    },
    page: async (person, path) => (await fetch(console.url + path, { headers: headers(person) })).text(),
  };
}

/** The contract's hands on the console; its cards come from the desk's rows, which a post only announces. */
export async function consoleDriver(inbound: Inbound): Promise<SurfaceDriver> {
  const hands = await consoleHands(inbound);
  const user = "ana";
  const told: string[] = [];
  const keep = (card: Card): void => {
    if (card.version >= (hands.cards.get(card.incident)?.version ?? 0)) hands.cards.set(card.incident, card);
  };
  let last = { token: "", delivery: "" };
  const press = async (token: string, delivery: string, who: string): Promise<boolean> => {
    last = { token, delivery };
    told.push((await hands.press(who, token, delivery)).text);
    return true;
  };
  return {
    surface: {
      ...hands.console,
      post: (channel, card, key) => {
        keep(card);
        return hands.console.post(channel, card, key);
      },
      update: (ref, card) => {
        keep(card);
        return hands.console.update(ref, card);
      },
    },
    channel: "console",
    closedChannel: "console",
    user,
    shown: async (ref) => {
      const text = await hands.page(user, `/incidents/${ref.message}`);
      return { text, tokens: [...text.matchAll(/name="token" value="([^"]+)"/g)].map((hit) => hit[1] ?? "") };
    },
    complete: async (text) => hands.complete(user, text),
    count: () => hands.cards.size,
    press: (token, who = user) => press(token, randomUUID(), who),
    pressAgain: () => press(last.token, last.delivery, user),
    submit: async () => false,
    type: async (text) => {
      told.push((await hands.type(user, text)).text);
      return true;
    },
    told: () => told,
    thread: () => [],
    remove: () => {},
    fault: () => {},
    faults: () => [],
    close: () => hands.console.close(),
  };
}
