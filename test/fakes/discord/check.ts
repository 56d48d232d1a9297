import {
  CreateMessageInteractionCallbackRequestSchema,
  MessageCreateRequestSchema,
  ModalInteractionCallbackRequestSchema,
} from "discord-api-spec/zod";

interface Parsed {
  readonly success: boolean;
  readonly error?: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] };
}
interface Schema {
  safeParse(value: unknown): Parsed;
}
const SCHEMAS = {
  message: MessageCreateRequestSchema as Schema,
  callback: CreateMessageInteractionCallbackRequestSchema as Schema,
  modal: ModalInteractionCallbackRequestSchema as Schema,
};

type Bag = Record<string, unknown>;
const list = (value: unknown): Bag[] => (Array.isArray(value) ? (value as Bag[]) : []);
const size = (value: unknown): number => (typeof value === "string" ? value.length : 0);

function spec(schema: Schema, value: unknown): string[] {
  const parsed = schema.safeParse(value);
  return (parsed.error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

/** Faults of a message: Discord's own OpenAPI schema, then the rules that it leaves out. */
export function checkMessage(message: unknown): string[] {
  return [...spec(SCHEMAS.message, message), ...beyondTheSchema(message as Bag)];
}

/** Faults of the first answer to an interaction. */
export function checkCallback(callback: unknown): string[] {
  const one = callback as Bag;
  if (one["type"] === 9) return spec(SCHEMAS.modal, callback);
  if (one["type"] !== 4) return [];
  return [...spec(SCHEMAS.callback, callback), ...beyondTheSchema(one["data"] as Bag)];
}

function beyondTheSchema(message: Bag): string[] {
  const faults: string[] = [];
  const broken = (rule: string, holds: boolean): void => {
    if (!holds) faults.push(rule);
  };
  broken("content is over 2,000", size(message["content"]) <= 2_000);
  const embeds = list(message["embeds"]);
  let total = 0;
  for (const embed of embeds) {
    total += size(embed["title"]) + size(embed["description"]) + size((embed["footer"] as Bag | undefined)?.["text"]);
    for (const field of list(embed["fields"])) {
      broken("an embed field is empty", size(field["name"]) > 0 && size(field["value"]) > 0);
      total += size(field["name"]) + size(field["value"]);
    }
  }
  broken(`embeds hold ${total} characters, over 6,000`, total <= 6_000);
  const rows = list(message["components"]);
  broken("there are over 5 rows", rows.length <= 5);
  const ids = rows.flatMap((row) => list(row["components"]).map((one) => one["custom_id"]));
  const given = ids.filter((id) => id !== undefined);
  broken("a custom_id stands twice", new Set(given).size === given.length);
  broken(
    "mentions are not switched off",
    JSON.stringify(message["allowed_mentions"]) === JSON.stringify({ parse: [] }),
  );
  broken("half a character stands somewhere", !/\p{Surrogate}/u.test(texts(message).join("")));
  return faults;
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}
