/**
 * Discord's limits, in UTF-16 units (Discord counts characters: ours are never more).
 * Source: https://discord.com/developers/docs/resources/message#embed-object-embed-limits, unless noted.
 */
export const DISCORD = {
  /** https://discord.com/developers/docs/resources/message#create-message */
  content: 2_000,
  embedTitle: 256,
  embedDescription: 4_096,
  embedFields: 25,
  embedFieldName: 256,
  embedFieldValue: 1_024,
  embedFooter: 2_048,
  /** Over all texts of all embeds of one message. */
  embedTotal: 6_000,
  /** https://discord.com/developers/docs/components/reference#action-row */
  rows: 5,
  rowButtons: 5,
  /** https://discord.com/developers/docs/components/reference#button */
  buttonLabel: 80,
  buttonUrl: 512,
  /** https://discord.com/developers/docs/components/reference#anatomy-of-a-component */
  customId: 100,
  /** https://discord.com/developers/docs/components/reference#string-select */
  options: 25,
  optionLabel: 100,
  /** https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal */
  modalTitle: 45,
  modalComponents: 5,
  /** https://discord.com/developers/docs/components/reference#label */
  label: 45,
  labelDescription: 100,
  /** https://discord.com/developers/docs/interactions/application-commands */
  commandDescription: 100,
  choices: 25,
  choice: 100,
  /** https://discord.com/developers/docs/resources/message#create-message (nonce) */
  nonce: 25,
  /** https://discord.com/developers/docs/resources/channel#start-thread-from-message */
  threadName: 100,
} as const;

/** The whole of a request from Discord. */
export const DISCORD_BODY_MAX_BYTES = 1_048_576;

/** Discord asks for no window of its own; a day-old request verifies just as well, so ours is Slack's. */
export const DISCORD_FRESHNESS_MS = 300_000;
