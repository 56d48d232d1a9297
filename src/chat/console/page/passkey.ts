import { all } from "./clock.ts";
import { refreshParts } from "./parts.ts";

interface Told {
  readonly ok?: boolean;
  readonly text?: string;
  readonly url?: string;
  readonly error?: { readonly message: string; readonly hint: string };
}
interface WebAuthn {
  startRegistration(given: { optionsJSON: unknown }): Promise<unknown>;
  startAuthentication(given: { optionsJSON: unknown }): Promise<unknown>;
}

/** The library is fetched only by who presses a button that needs it. */
async function webAuthn(): Promise<WebAuthn> {
  const place = globalThis as unknown as { SimpleWebAuthnBrowser?: WebAuthn };
  if (!place.SimpleWebAuthnBrowser) {
    await new Promise<void>((resolve, reject) => {
      const script = document.createElement("script");
      script.src = "/assets/webauthn.js";
      script.addEventListener("load", () => resolve());
      script.addEventListener("error", () =>
        reject(new Error("the console's passkey script did not load; reload the page")),
      );
      document.head.append(script);
    });
  }
  if (!place.SimpleWebAuthnBrowser) throw new Error("this browser knows no passkeys");
  return place.SimpleWebAuthnBrowser;
}

/** Sends fields; what was refused is thrown in the desk's words. */
async function send(path: string, fields: Record<string, string> = {}): Promise<Told> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  const told = (await answer.json()) as Told;
  if (told.error) throw new Error(told.error.message);
  return told;
}

const DEEDS: Readonly<Record<string, (form: HTMLFormElement, fields: Record<string, string>) => Promise<Told>>> = {
  async approve(form, { typed = "" }) {
    const plan = `/plans/${form.dataset["plan"] ?? ""}`;
    const optionsJSON = await send(`${plan}/begin`);
    const response = await (await webAuthn()).startAuthentication({ optionsJSON });
    return send(`${plan}/approve`, { typed, response: JSON.stringify(response) });
  },
  async enrol() {
    const optionsJSON = await send("/passkeys/begin");
    const response = await (await webAuthn()).startRegistration({ optionsJSON });
    return send("/passkeys/enrol", { response: JSON.stringify(response) });
  },
  async "approve-change"(form, { typed = "" }) {
    const change = `/rules/changes/${form.dataset["change"] ?? ""}`;
    const optionsJSON = await send(`${change}/begin`);
    const response = await (await webAuthn()).startAuthentication({ optionsJSON });
    return send(`${change}/approve`, { typed, response: JSON.stringify(response) });
  },
  "deny-change": (form, { reason = "" }) => send(`/rules/changes/${form.dataset["change"] ?? ""}/deny`, { reason }),
  async "break-glass"(_, fields) {
    const optionsJSON = await send("/break-glass/begin", fields);
    const response = await (await webAuthn()).startAuthentication({ optionsJSON });
    return send("/break-glass/open", { ...fields, response: JSON.stringify(response) });
  },
  review: (form, { finding = "" }) => send("/break-glass/review", { use: form.dataset["use"] ?? "", finding }),
  confirm: (form) => send("/passkeys/confirm", { credential: form.dataset["credential"] ?? "" }),
  codes: () => send("/passkeys/codes"),
  recover: (_, { code = "" }) => send("/passkeys/recover", { code }),
  async "sign-in"() {
    const optionsJSON = await send("/sign-in/passkey/begin");
    const response = await (await webAuthn()).startAuthentication({ optionsJSON });
    const told = await send("/sign-in/passkey", { response: JSON.stringify(response) });
    // The page that was asked for, where somebody came by a link.
    if (location.pathname.startsWith("/sign-in")) location.assign("/");
    else location.reload();
    return { text: told.text ?? "" };
  },
  async elsewhere() {
    const told = await send("/passkeys/elsewhere");
    if (told.url) location.assign(told.url);
    return told;
  },
};

/** Shows the sign-in by passkey where the browser has passkeys; at the loopback's number it leads to its name. */
function offerSignIn(form: HTMLFormElement, numeric: boolean): void {
  const loopback = location.hostname === "127.0.0.1" || location.hostname === "[::1]";
  form.hidden = numeric ? !loopback : !("PublicKeyCredential" in globalThis);
  if (!loopback) return;
  const link = document.createElement("a");
  link.className = form.querySelector("button")?.className ?? "button";
  link.href = `http://localhost:${location.port}/sign-in`;
  link.textContent = "Sign in with a passkey at localhost";
  form.querySelector("button")?.replaceWith(link);
}

/** Lets the forms of plans and passkeys work; a browser's own words are shown where it refuses. */
export function openPasskeyForms(): void {
  const numeric = /^[\d.]+$|^\[/.test(location.hostname);
  for (const form of all<HTMLFormElement>("form[data-passkey]")) {
    const deed = form.dataset["passkey"] ?? "";
    if (deed === "elsewhere") form.hidden = !numeric;
    if (deed === "sign-in") offerSignIn(form, numeric);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const place = form.querySelector(".answer");
      const say = (text: string, refused: boolean): void => {
        if (!place) return;
        place.textContent = text;
        place.classList.toggle("refused", refused);
      };
      const buttons = [...form.querySelectorAll("button")];
      for (const button of buttons) button.disabled = true;
      const fields = Object.fromEntries(
        [...new FormData(form)].map(([name, value]) => [name, typeof value === "string" ? value : ""]),
      );
      void (async () => {
        try {
          const told = (await DEEDS[deed]?.(form, fields)) ?? {};
          say(told.text ?? "", told.ok === false);
          if (told.ok) await refreshParts();
        } catch (error) {
          say(error instanceof Error ? error.message : String(error), true);
        } finally {
          for (const button of buttons) button.disabled = false;
        }
      })();
    });
  }
}
