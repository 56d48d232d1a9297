import { webApi } from "@slack/bolt";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { Finding } from "../finding.ts";
import { SLACK_FRESHNESS_MS } from "./limits.ts";
import { SLACK_SCOPES } from "./manifest.ts";
import { platformError } from "./outcome.ts";
import { SLACK_API_URL } from "./slack.ts";

export interface SlackDoctorOptions {
  readonly bot: Secret;
  readonly app?: Secret;
  readonly api?: string;
  /** Channel ids that routes and the digest name. */
  readonly channels: readonly string[];
  readonly clock: Clock;
}

/** Half of what a signature may be old: beyond it requests begin to be refused. */
const SKEW_MS = SLACK_FRESHNESS_MS / 2;

/** What Slack's words mean for somebody who sets it up. */
const REMEDY: Readonly<Record<string, string>> = {
  invalid_auth: "the token is not one of Slack's; copy it again from the app's page",
  account_inactive: "the app was removed from the workspace; install it again",
  token_revoked: "the token was revoked; install the app again and set the new one",
  missing_scope: "the token lacks a scope; update the app from the manifest and install it again",
  channel_not_found: "no such channel, or the bot was never invited; name the id (C…), and /invite @breakwater there",
  not_in_channel: "the bot is not in it; /invite @breakwater there",
  is_archived: "it is archived; name another",
};

const because = (error: unknown): string => {
  const word = platformError(error);
  return word === null ? messageOf(error) : `${word}: ${REMEDY[word] ?? "see docs/slack.md"}`;
};

/** Looks at tokens, scopes, every channel and the clock, and says what to do. */
export async function slackDoctor(options: SlackDoctorOptions): Promise<Finding[]> {
  const client = (token: Secret): webApi.WebClient =>
    new webApi.WebClient(token.reveal(), {
      slackApiUrl: options.api ?? SLACK_API_URL,
      timeout: 5_000,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
    });
  const bot = client(options.bot);
  const findings: Finding[] = [];
  try {
    const who = await bot.auth.test();
    findings.push({ what: "slack bot token", state: "good", detail: `workspace ${who.team ?? who.team_id}` });
    const granted = who.response_metadata?.scopes ?? [];
    const missing = SLACK_SCOPES.filter((scope) => !granted.includes(scope));
    if (granted.length > 0) findings.push(scopeFinding(missing));
  } catch (error) {
    return [{ what: "slack bot token", state: "bad", detail: because(error) }];
  }
  findings.push(await clockFinding(options));
  for (const channel of options.channels) findings.push(await channelFinding(bot, channel));
  if (options.app !== undefined) {
    try {
      await client(options.app).apps.connections.open();
      findings.push({ what: "slack app token", state: "good", detail: "Socket Mode opens" });
    } catch (error) {
      findings.push({ what: "slack app token", state: "bad", detail: because(error) });
    }
  }
  return findings;
}

const scopeFinding = (missing: readonly string[]): Finding =>
  missing.length === 0
    ? { what: "slack scopes", state: "good", detail: "all granted" }
    : {
        what: "slack scopes",
        state: "bad",
        detail: `missing ${missing.join(", ")}; update the app from the manifest and install it again`,
      };

async function clockFinding(options: SlackDoctorOptions): Promise<Finding> {
  const response = await fetch(new URL("api.test", options.api ?? SLACK_API_URL), {
    method: "POST",
    signal: AbortSignal.timeout(5_000),
  }).catch(() => null);
  const theirs = Date.parse(response?.headers.get("date") ?? "");
  if (Number.isNaN(theirs)) return { what: "slack clock", state: "warn", detail: "Slack did not say what time it is" };
  const skewMs = Math.abs(theirs - options.clock.now().getTime());
  return skewMs > SKEW_MS
    ? { what: "slack clock", state: "bad", detail: `${skewMs} ms from Slack's; set this machine's clock by NTP` }
    : { what: "slack clock", state: "good", detail: `${skewMs} ms from Slack's` };
}

async function channelFinding(bot: webApi.WebClient, channel: string): Promise<Finding> {
  const what = `slack channel ${channel}`;
  try {
    const { channel: found } = await bot.conversations.info({ channel });
    if (found?.is_archived === true) return { what, state: "bad", detail: REMEDY["is_archived"] ?? "" };
    if (found?.is_member === false) return { what, state: "bad", detail: REMEDY["not_in_channel"] ?? "" };
    return { what, state: "good", detail: found?.name === undefined ? "the bot is in it" : `#${found.name}` };
  } catch (error) {
    return { what, state: "bad", detail: because(error) };
  }
}
