/** One block, as JSON; the checker of the tests knows the rules. */
export type Block = { readonly type: string } & Readonly<Record<string, unknown>>;

/** A text object that nothing is parsed in. */
export const plainText = (text: string): Record<string, unknown> => ({ type: "plain_text", text, emoji: false });

const mrkdwn = (text: string): Record<string, unknown> => ({ type: "mrkdwn", text, verbatim: true });

/** A section of our own mrkdwn, in which every foreign text was escaped. */
export const section = (text: string): Block => ({ type: "section", text: mrkdwn(text) });

/** Two columns of short texts. */
export const fields = (texts: readonly string[]): Block => ({ type: "section", fields: texts.map(mrkdwn) });

/** One small grey line. */
export const context = (text: string): Block => ({ type: "context", elements: [mrkdwn(text)] });

/** The message's large first line. */
export const heading = (text: string): Block => ({ type: "header", text: plainText(text) });
