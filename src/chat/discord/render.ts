import { sha256 } from "../../kernel/canonical.ts";
import type { Button, Card } from "../card.ts";
import { type Detail, LINES_MAX, consoleLink, distinct, firstThatFits } from "../detail.ts";
import { clip, fit, oneLine, stamp } from "../text.ts";
import { asOf, glance, headline, isOpen, standing, stepLine } from "../wording.ts";
import { escapeMarkdown, quiet } from "./escape.ts";
import { DISCORD } from "./limits.ts";
import { planFields, votesField } from "./render-plan.ts";

/** One field of an embed. */
export interface EmbedField {
  readonly name: string;
  readonly value: string;
  readonly inline: boolean;
}

/** The coloured box that holds a card. */
interface Embed {
  readonly title: string;
  readonly description: string;
  readonly color: number;
  readonly url?: string;
  readonly fields: readonly EmbedField[];
  readonly footer: { readonly text: string };
}

/** What creating and editing a message take; classic embeds, because a V2 message can never go back. */
export interface DiscordMessage {
  readonly content: string;
  readonly embeds: readonly Embed[];
  readonly components: readonly { readonly type: 1; readonly components: readonly Record<string, unknown>[] }[];
  readonly allowed_mentions: { readonly parse: readonly never[] };
}

/** The bar's colour; told apart also by those who do not see red and green apart (Okabe–Ito palette). */
const SEVERITY_COLOUR = {
  critical: 0xd5_5e_00,
  high: 0xe6_9f_00,
  medium: 0xf0_e4_42,
  low: 0x56_b4_e9,
  info: 0x99_99_99,
} as const;

const STYLE = { primary: 1, quiet: 2, danger: 4 } as const;
const LINK_STYLE = 5;

/** Stands in the footer, so that an ambiguous post can be found again: eight digits of the key's hash. */
export const mark = (key: string): string => `#${sha256(key).slice(0, 8)}`;

const button = (one: Button): Record<string, unknown> => ({
  type: 2,
  style: STYLE[one.style],
  label: clip(oneLine(one.label) || one.action, DISCORD.buttonLabel),
  custom_id: one.token,
});

function rows(card: Card, link: string | null): DiscordMessage["components"] {
  const buttons = distinct(card.buttons)
    .slice(0, DISCORD.rows * DISCORD.rowButtons - 1)
    .map(button);
  if (link !== null && link.length <= DISCORD.buttonUrl) {
    buttons.push({ type: 2, style: LINK_STYLE, label: "Open in console", url: link });
  }
  const count = Math.ceil(buttons.length / DISCORD.rowButtons);
  return Array.from({ length: count }, (_, row) => ({
    type: 1 as const,
    components: buttons.slice(row * DISCORD.rowButtons, (row + 1) * DISCORD.rowButtons),
  }));
}

function steps(card: Card, detail: Detail): EmbedField[] {
  if (detail.steps === 0 || card.steps.length === 0) return [];
  const shown = card.steps.slice(-detail.steps);
  const hidden = card.steps.length - shown.length;
  const value = [
    ...(hidden > 0 ? [`${hidden} earlier in the console`] : []),
    ...shown.map((step) => fit(stepLine(step), Math.min(detail.step, 80), quiet)),
  ].join("\n");
  return [{ name: "Steps", value, inline: false }];
}

function draw(card: Card, detail: Detail, link: string | null, key: string | null): Embed {
  const lines = card.lines.slice(0, LINES_MAX).map((line) => fit(line, detail.line, quiet));
  const decision = card.decision === null ? "" : fit(card.decision, Math.max(200, detail.sentence), quiet);
  return {
    title: fit(headline(card, DISCORD.embedTitle), DISCORD.embedTitle, quiet),
    description: [fit(standing(card), 400, quiet), ...lines, decision === "" ? "" : `**${decision}**`]
      .filter((line) => line !== "")
      .join("\n"),
    color: SEVERITY_COLOUR[card.severity],
    ...(link === null ? {} : { url: link }),
    fields: [
      ...card.facts.slice(0, detail.facts).map((fact) => ({
        name: fit(fact.label, detail.fact, quiet) || "?",
        value: fit(fact.value, detail.fact, quiet) || "?",
        inline: true,
      })),
      ...steps(card, detail),
      ...(card.plan === null ? [] : planFields(card.plan, detail)),
      ...(card.votes === null ? [] : [votesField(card.votes, isOpen(card.plan), detail)]),
    ],
    footer: {
      text: clip(`${asOf(card)} · opened ${stamp(card.openedAt)}${key === null ? "" : ` · ${mark(key)}`}`, 300),
    },
  };
}

/** Every character that counts towards the sum over a message's embeds. */
const embedSize = (embed: Embed): number =>
  embed.fields.reduce(
    (total, field) => total + field.name.length + field.value.length,
    embed.title.length + embed.description.length + embed.footer.text.length,
  );

/**
 * A card as a Discord message, within every budget of `DISCORD`, whatever the texts say.
 * @param consoleUrl where people open the console, null where they cannot
 * @param key the post's key, whose mark stands in the footer until the first change; null for changes
 */
export function renderDiscord(card: Card, consoleUrl: string | null, key: string | null): DiscordMessage {
  const link = consoleLink(consoleUrl, card.path);
  const embed = firstThatFits(
    (detail) => draw(card, detail, link, key),
    (drawn) => embedSize(drawn) <= DISCORD.embedTotal,
  );
  return {
    content: fit(glance(card, 350), 400, escapeMarkdown),
    embeds: [embed],
    components: rows(card, link),
    allowed_mentions: { parse: [] },
  };
}
