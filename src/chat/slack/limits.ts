/**
 * Slack's limits, in UTF-16 units (Slack counts characters: ours are never more).
 * Sources: https://docs.slack.dev/reference/block-kit/blocks and the pages of each block below it, unless noted.
 */
export const SLACK = {
  /** https://docs.slack.dev/reference/block-kit/blocks */
  blocks: 50,
  /** Undocumented and moving, about 13,200 (https://github.com/slackapi/bolt-js/issues/2509): all blocks serialised. */
  messageBudget: 12_000,
  /** https://docs.slack.dev/reference/methods/chat.postMessage#truncating: cut above 40,000, best below 4,000. */
  text: 3_000,
  /** https://docs.slack.dev/reference/block-kit/blocks/header-block */
  header: 150,
  /** https://docs.slack.dev/reference/block-kit/blocks/section-block */
  section: 3_000,
  fields: 10,
  field: 2_000,
  /** https://docs.slack.dev/reference/block-kit/blocks/context-block */
  contextElements: 10,
  /** https://docs.slack.dev/reference/block-kit/blocks/actions-block */
  actions: 25,
  /** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
  buttonText: 75,
  buttonValue: 2_000,
  buttonUrl: 3_000,
  actionId: 255,
  blockId: 255,
  /** https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  /** https://docs.slack.dev/reference/views/modal-views */
  modalTitle: 24,
  modalButton: 24,
  privateMetadata: 3_000,
  /** https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
  optionText: 75,
  optionValue: 150,
  options: 100,
  /** https://docs.slack.dev/reference/block-kit/blocks/input-block */
  inputLabel: 2_000,
} as const;

/** The whole of a request from Slack; slash commands and clicks are far smaller. */
export const SLACK_BODY_MAX_BYTES = 1_048_576;

/** https://docs.slack.dev/authentication/verifying-requests-from-slack: older is refused; so is the future. */
export const SLACK_FRESHNESS_MS = 300_000;
