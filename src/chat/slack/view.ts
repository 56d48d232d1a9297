import type { Form, FormField } from "../form.ts";
import { clip, oneLine } from "../text.ts";
import { type Block, plainText } from "./blocks.ts";
import { SLACK } from "./limits.ts";
import type { FormState } from "./payload.ts";

/** Far below what Slack takes: a hint is one sentence. */
const HINT_MAX = 200;

/** A form as views.open takes it; block ids are the field names. */
export function renderView(form: Form, state: FormState): Record<string, unknown> {
  return {
    type: "modal",
    callback_id: "bw-form",
    private_metadata: JSON.stringify(state).slice(0, SLACK.privateMetadata),
    title: plainText(clip(oneLine(form.title), SLACK.modalTitle)),
    submit: plainText(clip(oneLine(form.submit), SLACK.modalButton)),
    close: plainText("Back"),
    blocks: form.fields.map(input),
  };
}

function input(field: FormField): Block {
  return {
    type: "input",
    block_id: field.name,
    optional: !field.required,
    label: plainText(clip(oneLine(field.label) || field.name, 150)),
    ...(field.hint === undefined ? {} : { hint: plainText(clip(oneLine(field.hint), HINT_MAX)) }),
    element: field.choices === undefined ? line(field) : menu(field, field.choices),
  };
}

const line = (field: FormField): Record<string, unknown> => ({
  type: "plain_text_input",
  action_id: "value",
  multiline: field.long === true,
  max_length: SLACK.section,
  ...(field.value === undefined ? {} : { initial_value: clip(field.value, SLACK.section) }),
});

function menu(field: FormField, choices: readonly string[]): Record<string, unknown> {
  const options = choices.slice(0, SLACK.options).map((choice) => ({
    text: plainText(clip(oneLine(choice), SLACK.optionText)),
    value: clip(choice, SLACK.optionValue),
  }));
  const initial = options.find((option) => option.value === field.value);
  return {
    type: "static_select",
    action_id: "value",
    options,
    ...(initial === undefined ? {} : { initial_option: initial }),
  };
}
