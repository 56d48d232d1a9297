import { all } from "./clock.ts";
import { neighbour } from "./list.ts";

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** `/` command, `j` `k` move, `a` acknowledge, `?` help. No key approves. */
export function listenKeys(go: (link: HTMLAnchorElement) => void): void {
  const help = document.querySelector<HTMLDialogElement>("[data-help]");
  for (const button of all<HTMLButtonElement>("[data-help-open]")) {
    button.hidden = false;
    button.addEventListener("click", () => help?.showModal());
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      event.preventDefault();
      document.querySelector<HTMLInputElement>("#command")?.focus();
    } else if (event.key === "j" || event.key === "k") {
      const link = neighbour(event.key === "j" ? 1 : -1);
      if (link) go(link);
    } else if (event.key === "a") {
      const form = document.querySelector<HTMLFormElement>("form.act-acknowledge");
      form?.requestSubmit();
    } else if (event.key === "?") {
      help?.showModal();
    }
  });
}
