import type { CommandHead } from "../../../src/chat/command-head.ts";
import { type SlackOptions, type SlackSurface, openSlack } from "../../../src/chat/slack/slack.ts";
import type { Inbound } from "../../../src/chat/surface.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { Secret } from "../../../src/kernel/secret.ts";
import type { SurfaceDriver } from "../../contract/surface.ts";
import { clickPayload, submitPayload, type } from "../../fakes/slack/people.ts";
import { type FakeSlack, openFakeSlack } from "../../fakes/slack/server.ts";

export const HEADS: readonly CommandHead[] = [
  {
    name: "freeze",
    summary: "Stop new risk on an account, a venue or everywhere",
    args: [
      { name: "scope", summary: "what kind", required: true, choices: ["account", "venue", "firm"] },
      { name: "name", summary: "which", required: false },
      { name: "reason", summary: "why", required: false },
    ],
  },
  {
    name: "hedge",
    summary: "Bring the delta of one asset towards zero",
    args: [
      { name: "asset", summary: "BTC, ETH", required: true, ask: true },
      { name: "size", summary: "share of the delta", required: true, ask: true },
    ],
  },
];

export const SIGNING = "the-signing-secret";

/** What stands for a drawn picture where the drawing itself is not in question. */
export const PNG = new Uint8Array([137, 80, 78, 71]);

/** A surface on a fake of its own; both connections open at once. */
export function slackOn(fake: FakeSlack, more: Partial<SlackOptions> = {}): SlackSurface {
  return openSlack({
    tokens: { bot: new Secret("xoxb-fake"), app: new Secret("xapp-fake"), signing: new Secret(SIGNING) },
    urls: { api: `${fake.url}/api/`, console: "https://desk.example" },
    mode: "socket",
    commands: HEADS,
    paint: async () => PNG,
    clock: systemClock,
    log: silentLog,
    staggerMs: 1,
    ...more,
  });
}

/** Waits until `holds`, at most three seconds. */
export async function until(holds: () => boolean, withinMs = 3_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error("it did not come to that in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The contract's hands on Slack. */
export async function slackDriver(inbound: Inbound): Promise<SurfaceDriver> {
  const fake = await openFakeSlack();
  fake.desk.channels.set("C0SHUT", { archived: true });
  const surface = slackOn(fake);
  await surface.start(inbound);
  await until(() => fake.sockets.length === 2 && surface.health().state === "up");
  const user = "U0ANA";
  let last: object = {};
  const deliver = async (payload: object) => {
    last = payload;
    return (await fake.deliver("interactive", payload)) !== null;
  };
  const cards = () => fake.desk.messages.filter((one) => one.thread_ts === undefined);
  return {
    surface,
    channel: "C0RISK",
    closedChannel: "C0SHUT",
    user,
    shown(ref) {
      const message = cards().find((one) => one.ts === ref.message);
      if (message === undefined) return null;
      const elements = message.blocks.flatMap((block) => (block["elements"] as Record<string, unknown>[]) ?? []);
      const tokens = elements.map((one) => one["value"]).filter((value) => typeof value === "string");
      return { text: message.text + JSON.stringify(message.blocks), tokens };
    },
    count: (channel) => cards().filter((one) => one.channel === channel).length,
    press: (token, who = user) => deliver(clickPayload(fake, { user: who }, token)),
    pressAgain: () => deliver(last),
    submit: async (fields) => {
      await until(() => fake.desk.views.length > 0);
      return deliver(submitPayload(fake, { user }, fields));
    },
    type: async (text) => {
      const [command = "", ...rest] = text.split(" ");
      return (await type(fake, { user }, command, rest.join(" "))) !== null;
    },
    told: (who) => fake.desk.ephemerals.filter((one) => one.user === who).map((one) => one.text),
    pictures: (who) => fake.desk.files.filter((one) => one.channel === `D0${who}`).map((one) => one.name),
    thread: (ref) => [
      ...fake.desk.messages.filter((one) => one.thread_ts === ref.message).map((one) => one.text),
      ...fake.desk.files.filter((one) => one.thread === ref.message).map((one) => one.name),
      ...fake.desk.calls
        .filter((one) => one.method === "files.getUploadURLExternal")
        .map((one) => String(one.args["filename"])),
    ],
    remove: (ref) => {
      const at = fake.desk.messages.findIndex((one) => one.ts === ref.message);
      fake.desk.messages.splice(at, 1);
    },
    fault: (kind) =>
      fake.faults.add(
        "chat.postMessage",
        kind === "limited"
          ? { status: 429, headers: { "retry-after": "7" } }
          : kind === "lost"
            ? { cut: "after" }
            : { status: 500 },
      ),
    faults: () => fake.desk.faults,
    close: async () => {
      await surface.stop();
      await fake.close();
    },
  };
}
