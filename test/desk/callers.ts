import { discordDoctor } from "../../src/chat/discord/doctor.ts";
import { slackDoctor } from "../../src/chat/slack/doctor.ts";
import { deskSchema } from "../../src/config.ts";
import { providerFindings } from "../../src/desk/people/single-sign-on.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { messageOf } from "../../src/kernel/errors.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { openNtfy } from "../../src/oncall/ntfy.ts";
import { openPagerDuty } from "../../src/oncall/pagerduty.ts";
import { WEB } from "../../src/sources/feeds/web.ts";
import { openCcxt } from "../../src/venues/ccxt/open.ts";

/** This file, to be run as a process of its own, in whose environment the test sets what it likes. */
export const CALLERS = import.meta.filename;

const KEY = new Secret("a-key-that-nobody-may-see-0123456789");
const PAGE = { key: "k", summary: "s", severity: "critical", link: null, at: new Date(0) } as never;

/** Everything that calls out, each with the address of one server; what each learned, in its own words. */
const callers = (url: string): Readonly<Record<string, () => Promise<unknown>>> => ({
  "an exchange": async () => {
    const venue = await openCcxt({
      venue: "bybit",
      account: "desk-1",
      environment: "live",
      credentials: { apiKey: KEY, apiSecret: KEY },
      baseUrl: url,
      clock: systemClock,
      log: silentLog,
      rateLimit: false,
      timeoutMs: 2_500,
    });
    try {
      return await venue.reader.account("desk-1");
    } finally {
      await venue.reader.close();
    }
  },
  Slack: () => slackDoctor({ bot: KEY, api: `${url}/api/`, channels: [], clock: systemClock }),
  Discord: () =>
    discordDoctor({ token: KEY, appId: "1", guildId: "1", api: `${url}/api`, channels: [], clock: systemClock }),
  PagerDuty: () => openPagerDuty({ routingKey: KEY, url }).trigger(PAGE),
  ntfy: () => openNtfy({ topic: KEY, url }).trigger(PAGE),
  "a market stream": () =>
    new Promise((resolve) => {
      const events = { onOpen: () => resolve("open"), onMessage: () => {}, onClose: (why: string) => resolve(why) };
      WEB.open(url.replace(/^http/, "ws"), events);
    }),
  "a market snapshot": () => WEB.fetch(url),
  "single sign-on": () => {
    const file = deskSchema.parse({
      desk: { name: "d" },
      people: {},
      accounts: {},
      oidc: { issuer: url, clientId: "b", allowHttpOnLoopback: url.startsWith("http:") },
    });
    return providerFindings({ file, environment: { secret: () => KEY } as never });
  },
});

async function callAll(url: string): Promise<void> {
  for (const [name, call] of Object.entries(callers(url))) {
    const said = await call().then((value) => JSON.stringify(value), messageOf);
    process.stdout.write(`${JSON.stringify([name, said])}\n`);
  }
}

if (process.argv[1] === CALLERS) {
  await callAll(process.argv[2] ?? "");
  process.exit(0);
}
