/** What a button asks for before it is sent, as the server wrote it beside the button (`chat/form.ts`). */
interface Form {
  readonly title: string;
  readonly submit: string;
  readonly fields: readonly {
    readonly name: string;
    readonly label: string;
    readonly required: boolean;
    readonly choices?: readonly string[];
    readonly value?: string;
    readonly long?: boolean;
  }[];
}

const made = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text: string,
  ...classes: string[]
): HTMLElementTagNameMap[Name] => {
  const element = document.createElement(name);
  element.textContent = text;
  element.classList.add(...classes);
  return element;
};

function control(field: Form["fields"][number]): HTMLElement {
  const label = made("label", field.label, "asked");
  const input = document.createElement(field.choices ? "select" : field.long ? "textarea" : "input");
  input.name = field.name;
  input.required = field.required;
  if (input instanceof HTMLSelectElement) input.append(...(field.choices ?? []).map((one) => new Option(one)));
  else input.maxLength = 500;
  if (field.value !== undefined) input.value = field.value;
  label.append(input);
  return label;
}

/** Asks in a dialog; resolves to the answers by field, or null where the person went back. */
export function ask(text: string): Promise<Record<string, string> | null> {
  const asked = JSON.parse(text) as Form;
  const dialog = document.createElement("dialog");
  const form = document.createElement("form");
  form.method = "dialog";
  form.classList.add("asking");
  const back = made("button", "Back", "button", "quiet");
  back.type = "button";
  back.addEventListener("click", () => dialog.close());
  const submit = made("button", asked.submit, "button", "primary");
  submit.value = "yes";
  const buttons = made("div", "", "buttons");
  buttons.append(back, submit);
  const title = made("h2", asked.title);
  title.id = "asked-title";
  dialog.setAttribute("aria-labelledby", title.id);
  form.append(title, ...asked.fields.map(control), buttons);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        const answers: Record<string, string> = {};
        for (const [name, value] of new FormData(form)) if (typeof value === "string") answers[name] = value;
        resolve(dialog.returnValue === "yes" ? answers : null);
        dialog.remove();
      },
      { once: true },
    );
  });
}
