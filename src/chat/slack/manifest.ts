import type { CommandHead } from "../command-head.ts";
import { clip, oneLine } from "../text.ts";
import { UMBRELLA } from "./payload.ts";

/** What the bot may do, and why it has to; docs/slack.md tells it to people. */
export const SLACK_SCOPES = [
  "chat:write",
  "commands",
  "files:write",
  "users:read",
  "channels:read",
  "groups:read",
  // Reading back our own cards is how a post with a lost answer is found instead of repeated.
  "channels:history",
  "groups:history",
] as const;

/** Slack's own commands, which no app can take: https://slack.com/help/articles/201259356 */
const TAKEN = new Set(
  (
    "apps archive away call collapse dm dnd expand feed feedback help invite join keys leave me msg mute open pref prefs " +
    "remind remove rename search shortcuts shrug star status topic who"
  ).split(" "),
);

/** https://docs.slack.dev/reference/app-manifest */
const DESCRIPTION_MAX = 2_000;
const HINT_MAX = 1_000;

const hint = (head: CommandHead): string =>
  clip(head.args.map((arg) => (arg.required ? `<${arg.name}>` : `[${arg.name}]`)).join(" "), HINT_MAX);

/**
 * The app's manifest, from the same heads as the menus: every command under its own name where Slack leaves it free,
 * and all of them under /desk.
 * @param requestUrl where Slack sends requests in HTTP mode; null for Socket Mode
 */
export function slackManifest(heads: readonly CommandHead[], requestUrl: string | null = null): object {
  const url = requestUrl === null ? {} : { url: requestUrl };
  const command = (name: string, description: string, usage: string) => ({
    command: `/${name}`,
    description: clip(oneLine(description), DESCRIPTION_MAX),
    ...(usage === "" ? {} : { usage_hint: usage }),
    should_escape: false,
    ...url,
  });
  return {
    display_information: {
      name: "Breakwater",
      description: "Incident response for the trading desk",
      background_color: "#14323f",
    },
    features: {
      // Pictures of answers come to the messages tab; nobody writes there.
      app_home: { home_tab_enabled: false, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      bot_user: { display_name: "breakwater", always_online: true },
      slash_commands: [
        command(UMBRELLA, "Any command of the desk: /desk help lists them", "<command> [arguments]"),
        ...heads.filter((head) => !TAKEN.has(head.name)).map((head) => command(head.name, head.summary, hint(head))),
      ],
    },
    oauth_config: { scopes: { bot: [...SLACK_SCOPES] } },
    settings: {
      interactivity: { is_enabled: true, ...(requestUrl === null ? {} : { request_url: requestUrl }) },
      socket_mode_enabled: requestUrl === null,
      org_deploy_enabled: false,
      token_rotation_enabled: false,
    },
  };
}
