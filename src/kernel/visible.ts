/** Control and format characters, among them direction overrides and zero-width ones; a line break is none of them. */
const HIDDEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text with its invisible characters made visible, "[U+202E]". */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (one) => `[U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`);
