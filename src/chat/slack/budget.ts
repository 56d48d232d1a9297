import type { Budget } from "../outbox-budget.ts";

/**
 * Slack's rates. Posting: about one a second and channel with short bursts, and a cap on the workspace
 * (https://docs.slack.dev/apis/web-api/rate-limits#posting). Changing: tier 3, 50 a minute over all channels
 * (https://docs.slack.dev/reference/methods/chat.update); a fifth is kept for decisions.
 */
export const SLACK_BUDGET: Budget = {
  post: { channel: { max: 4, perMs: 4_000 }, all: { max: 25, perMs: 1_000, reserve: 3 } },
  update: { channel: { max: 4, perMs: 4_000 }, all: { max: 50, perMs: 60_000, reserve: 10 } },
};
