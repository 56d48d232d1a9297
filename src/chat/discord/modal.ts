import type { Form, FormField } from "../form.ts";
import { clip, oneLine } from "../text.ts";
import { DISCORD } from "./limits.ts";

/** Component types: https://discord.com/developers/docs/components/reference#component-object-component-types */
const LABEL = 18;
const TEXT_INPUT = 4;
const STRING_SELECT = 3;
/** Discord's text inputs hold at most this much; ours need less. */
const INPUT_MAX = 1_000;

/** A form as the data of a modal; every field stands in a label, as rows in modals are deprecated. */
export function renderModal(form: Form, customId: string): Record<string, unknown> {
  return {
    custom_id: clip(customId, DISCORD.customId),
    title: clip(oneLine(form.title), DISCORD.modalTitle),
    components: form.fields.slice(0, DISCORD.modalComponents).map((field) => ({
      type: LABEL,
      label: clip(oneLine(field.label) || field.name, DISCORD.label),
      ...(field.hint === undefined ? {} : { description: clip(oneLine(field.hint), DISCORD.labelDescription) }),
      component: field.choices === undefined ? line(field) : menu(field, field.choices),
    })),
  };
}

const line = (field: FormField): Record<string, unknown> => ({
  type: TEXT_INPUT,
  custom_id: field.name,
  style: field.long === true ? 2 : 1,
  required: field.required,
  max_length: INPUT_MAX,
  ...(field.value === undefined ? {} : { value: clip(field.value, INPUT_MAX) }),
});

const menu = (field: FormField, choices: readonly string[]): Record<string, unknown> => ({
  type: STRING_SELECT,
  custom_id: field.name,
  required: field.required,
  options: choices.slice(0, DISCORD.options).map((choice) => ({
    label: clip(oneLine(choice), DISCORD.optionLabel),
    value: clip(choice, DISCORD.optionLabel),
    ...(choice === field.value ? { default: true } : {}),
  })),
});
