import { type Markup, html } from "../chat/console/markup.ts";
import type { Form, FormField } from "../chat/form.ts";
import { bag, bags, textOf } from "./demo-chat-text.ts";
import type { Bag, Fakes } from "./demo-fakes.ts";

/** Component types: https://discord.com/developers/docs/components/reference#component-object-component-types */
const STRING_SELECT = 3;
const PARAGRAPH = 2;

const given = (value: string): { readonly value?: string } => (value === "" ? {} : { value });

function slackField(block: Bag): FormField {
  const element = bag(block["element"]);
  const choices =
    element["type"] === "static_select" ? bags(element["options"]).map((one) => textOf(one["value"])) : null;
  return {
    name: textOf(block["block_id"]),
    label: textOf(block["label"]),
    hint: textOf(block["hint"]),
    required: block["optional"] !== true,
    long: element["multiline"] === true,
    ...(choices ? { choices } : {}),
    ...given(textOf(element["initial_value"]) || textOf(bag(element["initial_option"])["value"])),
  };
}

function discordField(label: Bag): FormField {
  const component = bag(label["component"]);
  const options = component["type"] === STRING_SELECT ? bags(component["options"]) : null;
  const first = options?.find((one) => one["default"] === true);
  return {
    name: textOf(component["custom_id"]),
    label: textOf(label["label"]),
    hint: textOf(label["description"]),
    required: component["required"] === true,
    long: component["style"] === PARAGRAPH,
    ...(options ? { choices: options.map((one) => textOf(one["value"])) } : {}),
    ...given(textOf(component["value"]) || textOf(first?.["value"])),
  };
}

/** The form with this id as the platform was asked to open it; null where it has none. */
export function formOn(fakes: Fakes, surface: "slack" | "discord", id: string): Form | null {
  if (surface === "slack") {
    const view = fakes.slack.desk.views.map((one) => one.view).find((one) => one["id"] === id);
    if (!view) return null;
    return {
      title: textOf(view["title"]),
      submit: textOf(view["submit"]),
      fields: bags(view["blocks"]).map(slackField),
    };
  }
  const modal = fakes.discord.guild.callbacks
    .filter((one) => one["type"] === 9)
    .map((one) => bag(one["data"]))
    .find((one) => one["custom_id"] === id);
  if (!modal) return null;
  return { title: textOf(modal["title"]), submit: "Submit", fields: bags(modal["components"]).map(discordField) };
}

function input(field: FormField): Markup {
  const { name, value = "", choices } = field;
  const required = field.required ? html` required` : "";
  if (choices)
    return html`<select name="field:${name}" ${required}>
      <option value="">choose</option>
      ${choices.map((one) => html`<option value="${one}" ${one === value ? html` selected` : ""}>${one}</option>`)}
    </select>`;
  return field.long
    ? html`<textarea name="field:${name}" rows="3" ${required}>${value}</textarea>`
    : html`<input name="field:${name}" value="${value}" autocomplete="off" ${required} />`;
}

/** The form over the page, as the platform lays it over the conversation. */
export const drawForm = (form: Form, surface: "slack" | "discord", id: string, as: string): Markup =>
  html`<div class="shade">
    <form method="post" class="modal ${surface}" role="dialog" aria-modal="true" aria-label="${form.title}">
      <input type="hidden" name="surface" value="${surface}" />
      <input type="hidden" name="as" value="${as}" />
      <input type="hidden" name="form" value="${id}" />
      <h2>${form.title}</h2>
      ${form.fields.map(
        (field) =>
          html`<label
            ><span>${field.label}${field.required ? "" : html` <small>optional</small>`}</span
            >${field.hint ? html`<small class="quiet">${field.hint}</small>` : ""}${input(field)}</label
          >`,
      )}
      <p class="ends">
        <a class="button" href="?as=${as}">${surface === "slack" ? "Back" : "Cancel"}</a>
        <button class="primary">${form.submit}</button>
      </p>
    </form>
  </div>`;
