import { randomBytes } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Config } from "../config.ts";
import { messageOf } from "../kernel/errors.ts";
import { drawForm, formOn } from "./demo-chat-form.ts";
import { type Column, page } from "./demo-chat-layout.ts";
import { drawDiscord, drawSlack } from "./demo-chat-message.ts";
import { bags, textOf } from "./demo-chat-text.ts";
import { type Fakes, type Told, UNLINKED, accountsOf } from "./demo-fakes.ts";

/** A page on loopback that shows what stands in the simulated Slack and Discord, with hands to press and type with. */
export interface ChatPage {
  /** Its address; only who knows it may look and press. */
  readonly url: string;
  close(): Promise<void>;
}

type Surface = "slack" | "discord";

const LARGEST_POST = 16_384;
const FIELD = "field:";
/** Stands for nobody of the desk. */
const NEW = "new";

/** Opens the page on a free port. */
export async function openChatPage(fakes: Fakes, config: Config): Promise<ChatPage> {
  const secret = randomBytes(12).toString("hex");
  const accounts = new Map([...accountsOf(config), [NEW, UNLINKED]]);
  const people = [...accounts.keys()].map((id) => ({
    id,
    name: config.file.people[id]?.name ?? "an account not linked yet",
  }));
  const someone = people[0]?.id ?? "";

  const columnsFor = (as: string): readonly Column[] => {
    const commands = bags(fakes.discord.guild.commands).map((one) => `/${textOf(one["name"])}`);
    return [
      {
        surface: "slack",
        name: "Slack",
        placeholder: "/hedge BTC 50% paper-a",
        commands,
        feed: drawSlack(fakes, accounts.get(as)?.slack ?? "", as),
      },
      {
        surface: "discord",
        name: "Discord",
        placeholder: "/hedge asset:BTC size:50%",
        commands,
        feed: drawDiscord(fakes, accounts.get(as)?.discord ?? "", as),
      },
    ];
  };

  /** Does what was pressed, submitted or typed; null where it came to nothing. */
  const act = async (surface: Surface, as: string, sent: URLSearchParams): Promise<Told | null> => {
    const account = accounts.get(as)?.[surface];
    if (account === undefined) return null;
    const hands = fakes.hands[surface];
    const [token, form, line] = [sent.get("token"), sent.get("form"), sent.get("line")];
    if (form !== null) {
      const fields = [...sent].filter(([name]) => name.startsWith(FIELD));
      return hands.submit(
        account,
        form,
        Object.fromEntries(fields.map(([name, value]) => [name.slice(FIELD.length), value])),
      );
    }
    if (token) return hands.press(account, token);
    return line ? hands.type(account, line) : null;
  };
  /** Where the browser goes after a deed: back, to the form that opened, or back with a word on why nothing came of it. */
  const after = (surface: Surface, as: string, told: Told | null): string => {
    const query = new URLSearchParams({ as });
    if (told?.form !== undefined) query.set("form", `${surface}:${told.form}`);
    else if (!told?.pressed) query.set("note", "nothing");
    else if (told.text === "") query.set("note", "silent");
    return `/${secret}?${query.toString()}`;
  };
  const NOTES: Readonly<Record<string, string>> = {
    nothing: "There is no such button, form or command.",
    silent: "The desk has not answered yet.",
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname !== `/${secret}`) {
      response.writeHead(404).end();
      return;
    }
    const asked = url.searchParams;
    const as = accounts.has(asked.get("as") ?? "") ? (asked.get("as") ?? "") : someone;
    if (request.method === "POST") {
      let body = "";
      for await (const part of request) body = (body + String(part)).slice(0, LARGEST_POST);
      const sent = new URLSearchParams(body);
      const surface = sent.get("surface") === "discord" ? "discord" : "slack";
      const presser = sent.get("as") ?? "";
      const told = await act(surface, presser, sent);
      response.writeHead(303, { location: after(surface, presser, told) }).end();
      return;
    }
    if (asked.get("part") === "feeds") {
      const feeds = Object.fromEntries(columnsFor(as).map(({ surface, feed }) => [surface, String(feed)]));
      response
        .writeHead(200, { "content-type": "application/json", "cache-control": "no-store" })
        .end(JSON.stringify(feeds));
      return;
    }
    const [, where, id = ""] = /^(slack|discord):([^]*)$/.exec(asked.get("form") ?? "") ?? [];
    const surface = where === "discord" ? "discord" : "slack";
    const form = where === undefined ? null : formOn(fakes, surface, id);
    const nonce = randomBytes(12).toString("hex");
    const drawn = page({
      as,
      people,
      columns: columnsFor(as),
      modal: form && drawForm(form, surface, id, as),
      note: NOTES[asked.get("note") ?? ""] ?? "",
      nonce,
    });
    const headers = {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; img-src data:; connect-src 'self'; form-action 'self'`,
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    };
    response.writeHead(200, headers).end(String(drawn));
  };
  const server: Server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(messageOf(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${secret}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
