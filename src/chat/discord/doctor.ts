import { DiscordAPIError, REST, Routes } from "discord.js";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { Finding } from "../finding.ts";
import { DISCORD_API_URL } from "./discord.ts";
import { discordKey } from "./http.ts";
import { DISCORD_FRESHNESS_MS } from "./limits.ts";
import { REST_OPTIONS } from "./rest.ts";

export interface DiscordDoctorOptions {
  readonly token: Secret;
  readonly appId: string;
  readonly guildId: string;
  readonly publicKey?: string;
  readonly api?: string;
  /** Channel ids that routes and the digest name. */
  readonly channels: readonly string[];
  readonly clock: Clock;
}

/** Half of what a signature may be old: beyond it requests begin to be refused. */
const SKEW_MS = DISCORD_FRESHNESS_MS / 2;

const REMEDY: Readonly<Record<string, string>> = {
  "0": "the token is not valid; reset it on the app's page, Bot, and set the new one",
  "10003": "no such channel; copy its id with developer mode on",
  "10004": "no such server; copy its id with developer mode on",
  "50001": "the bot may not see it; invite it with the link of docs/discord.md, or let its role view the channel",
  "50013": "the bot lacks a permission; see the list in docs/discord.md",
};

const because = (error: unknown): string =>
  error instanceof DiscordAPIError ? `${error.code}: ${REMEDY[String(error.code)] ?? error.message}` : messageOf(error);

/** Looks at token, application, server, every channel, key and clock, and says what to do. */
export async function discordDoctor(options: DiscordDoctorOptions): Promise<Finding[]> {
  const rest = new REST({
    ...REST_OPTIONS,
    api: options.api ?? DISCORD_API_URL,
    timeout: 5_000,
    rejectOnRateLimit: () => true,
  }).setToken(options.token.reveal());
  const look = async (what: string, bad: string, call: () => Promise<unknown>): Promise<Finding> => {
    try {
      await call();
      return { what, state: "good", detail: "reached" };
    } catch (error) {
      return { what, state: "bad", detail: `${bad}${because(error)}` };
    }
  };
  const me = await look("discord token", "", async () => {
    const app = (await rest.get(Routes.currentApplication())) as { id: string };
    if (app.id !== options.appId) throw new Error(`it belongs to application ${app.id}; correct DISCORD_APP_ID`);
  });
  if (me.state === "bad") return [me];
  const findings = [me];
  findings.push(await look(`discord server ${options.guildId}`, "", () => rest.get(Routes.guild(options.guildId))));
  for (const channel of options.channels) {
    findings.push(await look(`discord channel ${channel}`, "", () => rest.get(Routes.channel(channel))));
  }
  if (options.publicKey !== undefined) {
    const key = options.publicKey;
    findings.push(await look("discord public key", "", async () => discordKey(key)));
  }
  findings.push(await clockFinding(options));
  return findings;
}

async function clockFinding(options: DiscordDoctorOptions): Promise<Finding> {
  const response = await fetch(`${options.api ?? DISCORD_API_URL}/v10/gateway`, {
    signal: AbortSignal.timeout(5_000),
  }).catch(() => null);
  const theirs = Date.parse(response?.headers.get("date") ?? "");
  if (Number.isNaN(theirs)) return { what: "discord clock", state: "warn", detail: "Discord did not say the time" };
  const skewMs = Math.abs(theirs - options.clock.now().getTime());
  return skewMs > SKEW_MS
    ? { what: "discord clock", state: "bad", detail: `${skewMs} ms from Discord's; set this machine's clock by NTP` }
    : { what: "discord clock", state: "good", detail: `${skewMs} ms from Discord's` };
}
