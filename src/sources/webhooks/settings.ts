import { z } from "zod";
import { networksOf } from "../../kernel/networks.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { Sender, Source } from "./sender.ts";
import { SENDERS } from "./senders.ts";

const variable = z.string().regex(/^[A-Z][A-Z0-9_]{2,60}$/, "must be the name of an environment variable");

const common = {
  secret: z
    .union([variable, z.array(variable).min(1).max(4)])
    .describe(
      "The environment variable (or several, any of which is good) that holds the secret; NAME_FILE works too.",
    ),
  rate: z
    .strictObject({ perSecond: z.number().min(0.1).max(100_000), burst: z.int().min(1).max(1_000_000) })
    .default({ perSecond: 5_000, burst: 10_000 })
    .describe("Requests that are looked at; more are refused with 429 before anything is checked."),
  allowFrom: z
    .array(z.string().max(50))
    .default([])
    .describe(
      "Addresses or networks (10.0.0.0/8) that may send; everyone where it is empty. Behind a proxy name that in BREAKWATER_TRUSTED_PROXIES.",
    ),
};

const entries = SENDERS.map((sender) =>
  z.strictObject({
    sender: z.literal(sender.name).describe("The kind of sender."),
    ...common,
    ...sender.settings.shape,
  }),
);

/** The part `webhooks` of desk.yaml: who may send alerts to POST /hooks/<name>. */
export const webhooksSettings = z
  .record(
    z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, "must be a word in small letters, digits and dashes"),
    z.discriminatedUnion("sender", entries as unknown as [(typeof entries)[number], ...typeof entries]),
  )
  .default({});

export type WebhooksSettings = z.infer<typeof webhooksSettings>;

/** A source that is ready to be served. */
export interface OpenSource extends Source<never> {
  readonly sender: Sender<never>;
  readonly rate: { readonly perSecond: number; readonly burst: number };
  /** Whether an address may send. */
  readonly allows: (address: string) => boolean;
}

/** What is wrong in desk.yaml or the environment, with its place in the file. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** Makes the configured sources ready and lists everything that keeps one from being so. */
export function openSources(
  settings: WebhooksSettings,
  secretOf: (variable: string) => Secret | undefined,
): { readonly sources: readonly OpenSource[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const sources = Object.entries(settings).map(([name, entry]): OpenSource => {
    const { sender: kind, secret: variables, rate, allowFrom, ...own } = entry;
    const sender = SENDERS.find((one) => one.name === kind) as unknown as Sender<never>;
    const secrets = [variables].flat().flatMap((variable) => {
      const secret = secretOf(variable);
      const refusal = secret ? sender.refuseSecret(secret) : "is not set; set it, or its _FILE, to the sender's secret";
      if (refusal !== undefined) problems.push({ path: `webhooks.${name}.secret`, message: `${variable} ${refusal}` });
      return secret ? [secret] : [];
    });
    const allowed = networksOf(allowFrom);
    for (const one of allowed.wrong) {
      problems.push({
        path: `webhooks.${name}.allowFrom`,
        message: `"${one}" must be an address or a network such as 10.0.0.0/8`,
      });
    }
    const allows = (address: string): boolean => allowed.none || allowed.has(address);
    return { name, sender, settings: own as never, secrets, rate, allows };
  });
  return { sources, problems };
}
