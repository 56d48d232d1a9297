import type { RESTOptions } from "discord.js";

/**
 * What every connection to Discord's REST interface has in common: nothing is sent again by the library, and it asks by
 * Node's own fetch. The HTTP client that it brings shares a global dispatcher with the newer one that Slack's library
 * brings, which cannot send its forms: in a desk on both platforms no picture would reach Discord.
 */
export const REST_OPTIONS = {
  version: "10",
  retries: 0,
  makeRequest: fetch as unknown as RESTOptions["makeRequest"],
} as const satisfies Partial<RESTOptions>;
