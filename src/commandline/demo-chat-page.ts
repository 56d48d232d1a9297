import { randomBytes } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { formOfToken } from "../chat/form.ts";
import type { Config } from "../config.ts";
import { messageOf } from "../kernel/errors.ts";
import { type Fakes, accountsOf } from "./demo-fakes.ts";

/** A page on loopback that shows what stands in the simulated Slack and Discord, with the buttons to press. */
export interface ChatPage {
  /** Its address; only who knows it may look and press. */
  readonly url: string;
  close(): Promise<void>;
}

type Surface = "slack" | "discord";
type Bag = Readonly<Record<string, unknown>>;

/** A message as the page draws it. */
interface Drawn {
  readonly channel: string;
  readonly lines: readonly string[];
  readonly buttons: readonly { readonly label: string; readonly token: string }[];
}

const LARGEST_POST = 4_096;
/** As many as a screen holds; the console has the others. */
const SHOWN = 12;

const bags = (value: unknown): readonly Bag[] => (Array.isArray(value) ? (value as Bag[]) : []);
const textOf = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "object" && value !== null ? textOf((value as Bag)["text"]) : "";
const html = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
/** What Slack shows of text that was written for it: bold words without their stars, escaped signs as they are. */
const asSlackShows = (text: string): string =>
  text
    .replace(/^\*([^*\n]+)\*\n/, "$1: ")
    .replaceAll(/\*([^*\n]+)\*/g, "$1")
    .replaceAll(/```\n?/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
/** What Discord shows of text whose markup was escaped. */
const asDiscordShows = (text: string): string => text.replaceAll(/\\([^A-Za-z0-9\s])/g, "$1").replaceAll(/```\n?/g, "");

function fromSlack(message: Fakes["slack"]["desk"]["messages"][number]): Drawn {
  const lines = message.blocks.flatMap((block) => [
    textOf(block["text"]),
    ...bags(block["fields"]).map(textOf),
    ...(block["type"] === "context" ? bags(block["elements"]).map(textOf) : []),
  ]);
  const buttons = message.blocks
    .filter((block) => block["type"] === "actions")
    .flatMap((block) => bags(block["elements"]))
    .map((one) => ({ label: textOf(one["text"]), token: textOf(one["value"]) }));
  const shown = message.blocks.length === 0 ? [message.text] : lines;
  return {
    channel: message.thread_ts === undefined ? message.channel : `${message.channel}, thread`,
    lines: shown.map(asSlackShows),
    buttons,
  };
}

function fromDiscord(message: Fakes["discord"]["guild"]["messages"][number]): Drawn {
  const embeds = bags(message.body["embeds"]);
  const lines = embeds.flatMap((embed) => [
    textOf(embed["title"]),
    textOf(embed["description"]),
    ...bags(embed["fields"]).map((field) => `${textOf(field["name"])}: ${textOf(field["value"])}`),
    textOf(embed["footer"]),
  ]);
  const buttons = bags(message.body["components"])
    .flatMap((row) => bags(row["components"]))
    .map((one) => ({ label: textOf(one["label"]), token: textOf(one["custom_id"]) }));
  const shown = lines.length === 0 ? [textOf(message.body["content"])] : lines;
  return { channel: message.channel, lines: shown.map(asDiscordShows), buttons };
}

function drawMessage(surface: Surface, as: string, { channel, lines, buttons }: Drawn): string {
  const pressable = buttons.filter((one) => one.token !== "");
  return `<article><small>${html(channel)}</small><pre>${html(lines.filter((line) => line !== "").join("\n"))}</pre>${pressable
    .map((one) =>
      formOfToken(one.token)
        ? `<button disabled title="Opens a form, which this page does not draw; use the console">${html(one.label)}</button>`
        : `<form method="post"><input type="hidden" name="surface" value="${surface}"><input type="hidden" name="as" value="${html(as)}"><button name="token" value="${html(one.token)}">${html(one.label)}</button></form>`,
    )
    .join(" ")}</article>`;
}

const STYLE =
  ":root{color-scheme:light dark}body{font:15px/1.4 system-ui,sans-serif;margin:1.5rem;max-width:90rem}main{display:grid;grid-template-columns:1fr 1fr;gap:1.5rem}@media(max-width:700px){main{grid-template-columns:1fr}body{margin:1rem}}article{border:1px solid #999;border-radius:6px;padding:.6rem .9rem;margin:.8rem 0}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.3rem 0 .6rem}form{display:inline}button{font:inherit;padding:.3rem .8rem}[aria-current]{font-weight:bold}output{display:block;min-height:1.5em;border-left:4px solid #0072b2;padding-left:.7rem}";

/** Opens the page on a free port. */
export async function openChatPage(fakes: Fakes, config: Config): Promise<ChatPage> {
  const secret = randomBytes(12).toString("hex");
  const accounts = accountsOf(config);
  const everyone = [...accounts.keys()];
  let told = "";

  const draw = (as: string): string => {
    const column = (surface: Surface, name: string, drawn: readonly Drawn[]): string =>
      `<section><h2>${name}</h2>${
        drawn
          .toReversed()
          .slice(0, SHOWN)
          .map((one) => drawMessage(surface, as, one))
          .join("") || "<p>No cards yet.</p>"
      }</section>`;
    const people = everyone
      .map(
        (id) =>
          `<a href="?as=${html(id)}"${id === as ? ' aria-current="true"' : ""}>${html(config.file.people[id]?.name ?? id)}</a>`,
      )
      .join(" · ");
    return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2"><title>Simulated Slack and Discord</title><style>${STYLE}</style><h1>Simulated Slack and Discord</h1><p>You press as ${people}. Answers that only the presser sees appear here:</p><output>${html(told)}</output><main>${column("slack", "Slack", fakes.slack.desk.messages.map(fromSlack))}${column("discord", "Discord", fakes.discord.guild.messages.map(fromDiscord))}</main></html>`;
  };
  const press = async (form: URLSearchParams): Promise<string> => {
    const [surface, as, token] = [form.get("surface"), form.get("as") ?? "", form.get("token") ?? ""];
    const account = accounts.get(as);
    if (!account || token === "") return "Nothing was pressed.";
    const answer =
      surface === "slack"
        ? await fakes.pressOnSlack(account.slack, token)
        : await fakes.pressOnDiscord(account.discord, token);
    return `${config.file.people[as]?.name ?? as} on ${surface === "slack" ? "Slack" : "Discord"}: ${answer.text || "no answer yet"}`;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname !== `/${secret}`) {
      response.writeHead(404).end();
      return;
    }
    const wanted = url.searchParams.get("as") ?? "";
    const as = accounts.has(wanted) ? wanted : (everyone[0] ?? "");
    if (request.method === "POST") {
      let body = "";
      for await (const part of request) body = (body + String(part)).slice(0, LARGEST_POST);
      told = await press(new URLSearchParams(body));
      response.writeHead(303, { location: `/${secret}?as=${encodeURIComponent(as)}` }).end();
      return;
    }
    const headers = {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    };
    response.writeHead(200, headers).end(draw(as));
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
