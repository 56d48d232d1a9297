import type { CommandArg, CommandHead } from "../command-head.ts";
import { clip, oneLine } from "../text.ts";
import { DISCORD } from "./limits.ts";

const CHAT_INPUT = 1;
const STRING = 3;

/** A command as Discord registers it for one server. */
export interface DiscordCommand {
  readonly type: 1;
  readonly name: string;
  readonly description: string;
  readonly options: readonly Record<string, unknown>[];
}

const described = (text: string, name: string): string => clip(oneLine(text) || name, DISCORD.commandDescription);

function option(arg: CommandArg): Record<string, unknown> {
  const few = arg.choices !== undefined && arg.choices.length <= DISCORD.choices;
  return {
    type: STRING,
    name: arg.name,
    description: described(arg.summary, arg.name),
    // What a form asks for may be left out of the line.
    required: arg.required && arg.ask === undefined,
    ...(few
      ? {
          choices: (arg.choices ?? []).map((choice) => ({
            name: clip(oneLine(choice), DISCORD.choice),
            value: clip(choice, DISCORD.choice),
          })),
        }
      : { autocomplete: true }),
  };
}

/** Discord's menus, from the heads: required arguments first, as Discord demands; the line keeps the head's order. */
export const discordCommands = (heads: readonly CommandHead[]): DiscordCommand[] =>
  heads.map((head) => ({
    type: CHAT_INPUT,
    name: head.name,
    description: described(head.summary, head.name),
    options: [...head.args]
      .slice(0, DISCORD.options)
      .map(option)
      .sort((a, b) => Number(b["required"]) - Number(a["required"])),
  }));
