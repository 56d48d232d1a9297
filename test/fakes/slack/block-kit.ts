/**
 * Slack's rules for messages and modals, as far as they are published (no schema is): each broken rule as a sentence
 * with the path of the offender. Source: https://docs.slack.dev/reference/block-kit and, for the whole message,
 * https://github.com/slackapi/bolt-js/issues/2509.
 */
export function checkBlockKit(message: unknown): string[] {
  const faults: string[] = [];
  if (!isRecord(message)) return ["message: not an object"];
  length(faults, "text", message["text"], 1, 40_000);
  live(faults, "text", String(message["text"]));
  const blocks = message["blocks"];
  if (!Array.isArray(blocks)) return [...faults, "blocks: not an array"];
  checkBlocks(faults, blocks, 50);
  if (JSON.stringify(blocks).length > 13_200) faults.push("blocks: msg_blocks_too_long");
  return faults;
}

/** The rules of a modal view. */
export function checkView(view: unknown): string[] {
  const faults: string[] = [];
  if (!isRecord(view)) return ["view: not an object"];
  if (view["type"] !== "modal") faults.push("type: not modal");
  for (const name of ["title", "submit", "close"]) {
    if (view[name] !== undefined) textObject(faults, name, view[name], 24, "plain_text");
  }
  if (view["title"] === undefined) faults.push("title: missing");
  length(faults, "callback_id", view["callback_id"], 1, 255);
  if (view["private_metadata"] !== undefined) length(faults, "private_metadata", view["private_metadata"], 0, 3_000);
  const blocks = view["blocks"];
  if (!Array.isArray(blocks)) return [...faults, "blocks: not an array"];
  if (blocks.some((block) => isRecord(block) && block["type"] === "input") && view["submit"] === undefined) {
    faults.push("submit: missing though there is an input");
  }
  checkBlocks(faults, blocks, 100);
  return faults;
}

type Bag = Record<string, unknown>;
const isRecord = (value: unknown): value is Bag => typeof value === "object" && value !== null && !Array.isArray(value);

function length(faults: string[], path: string, value: unknown, min: number, max: number): void {
  if (typeof value !== "string") faults.push(`${path}: not text`);
  else if (value.length < min || value.length > max) faults.push(`${path}: ${value.length} not in ${min}..${max}`);
  else if (/\p{Surrogate}/u.test(value)) faults.push(`${path}: half a character`);
}

/** Anything between angle brackets is alive on Slack: our cards hold none. */
function live(faults: string[], path: string, text: string): void {
  if (/[<>]/.test(text)) faults.push(`${path}: a live < or > in "${text.slice(0, 60)}"`);
  if (/&(?!(amp|lt|gt);)/.test(text)) faults.push(`${path}: a bare & in "${text.slice(0, 60)}"`);
}

function textObject(faults: string[], path: string, value: unknown, max: number, only?: "plain_text"): void {
  if (!isRecord(value)) {
    faults.push(`${path}: no text object`);
    return;
  }
  length(faults, `${path}.text`, value["text"], 1, max);
  if (value["type"] === "mrkdwn") {
    if (only !== undefined) faults.push(`${path}: only plain_text is taken`);
    if (value["verbatim"] !== true) faults.push(`${path}: mrkdwn without verbatim links by itself`);
    live(faults, path, String(value["text"]));
  } else if (value["type"] !== "plain_text") faults.push(`${path}: unknown text type`);
}

function unique(faults: string[], path: string, ids: readonly unknown[]): void {
  const given = ids.filter((id) => id !== undefined);
  if (new Set(given).size !== given.length) faults.push(`${path}: not unique`);
}

function checkBlocks(faults: string[], blocks: readonly unknown[], max: number): void {
  if (blocks.length < 1 || blocks.length > max) faults.push(`blocks: ${blocks.length} not in 1..${max}`);
  unique(
    faults,
    "block_id",
    blocks.map((block) => (isRecord(block) ? block["block_id"] : undefined)),
  );
  blocks.forEach((block, at) => {
    if (isRecord(block)) checkBlock(faults, `blocks[${at}]`, block);
    else faults.push(`blocks[${at}]: not an object`);
  });
}

function checkBlock(faults: string[], path: string, block: Bag): void {
  if (block["block_id"] !== undefined) length(faults, `${path}.block_id`, block["block_id"], 1, 255);
  switch (block["type"]) {
    case "header":
      textObject(faults, path, block["text"], 150, "plain_text");
      break;
    case "section":
      section(faults, path, block);
      break;
    case "context":
      each(faults, `${path}.elements`, block["elements"], 10, (one, where) => textObject(faults, where, one, 2_000));
      break;
    case "actions":
      each(faults, `${path}.elements`, block["elements"], 25, (one, where) => button(faults, where, one));
      unique(
        faults,
        `${path}.action_id`,
        (block["elements"] as Bag[]).map((one) => one["action_id"]),
      );
      break;
    case "input":
      textObject(faults, `${path}.label`, block["label"], 2_000, "plain_text");
      if (block["hint"] !== undefined) textObject(faults, `${path}.hint`, block["hint"], 2_000, "plain_text");
      input(faults, `${path}.element`, block["element"]);
      break;
    case "divider":
      break;
    default:
      faults.push(`${path}: unknown block type ${String(block["type"])}`);
  }
}

function each(
  faults: string[],
  path: string,
  list: unknown,
  max: number,
  check: (one: unknown, path: string) => void,
): void {
  if (!Array.isArray(list) || list.length < 1 || list.length > max) {
    faults.push(`${path}: not 1..${max} of them`);
    return;
  }
  list.forEach((one, at) => check(one, `${path}[${at}]`));
}

function section(faults: string[], path: string, block: Bag): void {
  if (block["text"] === undefined && block["fields"] === undefined) faults.push(`${path}: neither text nor fields`);
  if (block["text"] !== undefined) textObject(faults, path, block["text"], 3_000);
  if (block["fields"] !== undefined) {
    each(faults, `${path}.fields`, block["fields"], 10, (one, where) => textObject(faults, where, one, 2_000));
  }
}

function button(faults: string[], path: string, value: unknown): void {
  if (!isRecord(value) || value["type"] !== "button") {
    faults.push(`${path}: not a button`);
    return;
  }
  textObject(faults, path, value["text"], 75, "plain_text");
  length(faults, `${path}.action_id`, value["action_id"], 1, 255);
  if (value["value"] !== undefined) length(faults, `${path}.value`, value["value"], 1, 2_000);
  if (value["url"] !== undefined) length(faults, `${path}.url`, value["url"], 1, 3_000);
  if (![undefined, "primary", "danger"].includes(value["style"] as string | undefined)) faults.push(`${path}: style`);
  const confirm = value["confirm"];
  if (!isRecord(confirm)) return;
  textObject(faults, `${path}.confirm.title`, confirm["title"], 100, "plain_text");
  textObject(faults, `${path}.confirm.text`, confirm["text"], 300);
  textObject(faults, `${path}.confirm.confirm`, confirm["confirm"], 30, "plain_text");
  textObject(faults, `${path}.confirm.deny`, confirm["deny"], 30, "plain_text");
}

function input(faults: string[], path: string, value: unknown): void {
  if (!isRecord(value)) {
    faults.push(`${path}: missing`);
    return;
  }
  length(faults, `${path}.action_id`, value["action_id"], 1, 255);
  if (value["type"] === "plain_text_input") return;
  if (value["type"] !== "static_select") {
    faults.push(`${path}: unknown element`);
    return;
  }
  each(faults, `${path}.options`, value["options"], 100, (one, where) => {
    if (!isRecord(one)) return;
    textObject(faults, where, one["text"], 75, "plain_text");
    length(faults, `${where}.value`, one["value"], 1, 150);
  });
}
