import { z } from "zod";
import type { People } from "../../policy/rules/schema.ts";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** `oidc` of desk.yaml: the provider that knows the desk's people. Its client secret is `OIDC_CLIENT_SECRET`. */
export const oidcSettings = z
  .strictObject({
    issuer: z.url().describe("The provider's issuer, as its discovery document writes it"),
    clientId: z.string().min(1).max(255).describe("What the provider calls this console"),
    name: z.string().min(1).max(40).default("single sign-on").describe("What the button says: Sign in with …"),
    allowHttpOnLoopback: z
      .boolean()
      .default(false)
      .describe("Takes a provider of this machine without TLS, for trying it out"),
  })
  .superRefine(({ issuer, allowHttpOnLoopback }, context) => {
    const { protocol, hostname } = new URL(issuer);
    if (protocol === "https:" || (allowHttpOnLoopback && protocol === "http:" && LOOPBACK.has(hostname))) return;
    context.addIssue({
      code: "custom",
      path: ["issuer"],
      message:
        "write an https address; plain http is for a provider of this machine alone, and needs allowHttpOnLoopback: true",
    });
  })
  .describe("Single sign-on for the console by OpenID Connect");

export type OidcSettings = z.infer<typeof oidcSettings>;

/** What is wrong between `oidc`, the people who name a subject, and the environment; by path in desk.yaml. */
export function oidcProblems(
  oidc: OidcSettings | undefined,
  people: People,
  hasSecret: boolean,
): { readonly where: string; readonly what: string }[] {
  const found: { where: string; what: string }[] = [];
  if (oidc && !hasSecret)
    found.push({
      where: "environment OIDC_CLIENT_SECRET",
      what: "is missing; oidc needs it (or OIDC_CLIENT_SECRET_FILE)",
    });
  const owners = new Map<string, string>();
  for (const [id, { oidc: named }] of Object.entries(people)) {
    if (!named) continue;
    const where = `people.${id}.oidc`;
    if (!oidc) found.push({ where, what: "names a subject, but there is no provider; write oidc: with its issuer" });
    else if (named.issuer !== oidc.issuer)
      found.push({
        where: `${where}.issuer`,
        what: `was ${named.issuer}, oidc.issuer is ${oidc.issuer}; write the same`,
      });
    const key = `${named.issuer} ${named.subject}`;
    const owner = owners.get(key);
    if (owner !== undefined)
      found.push({ where: `${where}.subject`, what: `is ${owner}'s already; one subject is one person` });
    owners.set(key, id);
  }
  return found;
}
