import { type KeyObject, createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { bodyOf } from "../faults.ts";

/** An ID token before it is signed. */
export interface Draft {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
}

/** A code that was given out, and for what. */
interface Grant {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string;
  readonly subject: string;
}

/** An OpenID provider on loopback: discovery, keys, a login page, codes that count once, PKCE, and tokens that can be bent. */
export interface FakeProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly secret: string;
  /** Who sits at the login page; null shows the page and waits for a press. */
  subject: string | null;
  /** Bends every ID token; back to identity with `honest()`. */
  twist: (draft: Draft) => Draft;
  /** Which key signs: the published one, another, or none at all. */
  signs: "published" | "foreign" | "nobody";
  /** What the token endpoint answers instead, where set. */
  answers: { readonly status: number; readonly body: string } | null;
  /** A provider that takes a code again, as none should. */
  forgetful: boolean;
  /** Requests to the token endpoint, whatever became of them. */
  readonly asked: URLSearchParams[];
  honest(): void;
  close(): Promise<void>;
}

const json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed({ header, claims }: Draft, key: KeyObject | null): string {
  const text = `${json(header)}.${json(claims)}`;
  return `${text}.${key ? sign("sha256", Buffer.from(text), key).toString("base64url") : ""}`;
}

export async function openFakeProvider(): Promise<FakeProvider> {
  const published = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const kid = randomBytes(8).toString("hex");
  const grants = new Map<string, Grant>();
  const asked: URLSearchParams[] = [];
  const clientId = "breakwater";
  const secret = randomBytes(16).toString("hex");

  const authorize = (query: URLSearchParams): { location?: string; page?: string; refused?: string } => {
    const at = (name: string): string => query.get(name) ?? "";
    if (at("client_id") !== clientId || at("response_type") !== "code" || !at("scope").split(" ").includes("openid"))
      return { refused: "invalid_request" };
    if (at("code_challenge_method") !== "S256" || at("code_challenge").length !== 43)
      return { refused: "PKCE is required" };
    const subject = query.get("pressed") ?? fake.subject;
    if (subject === null) {
      const fields = [...query].map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
      return {
        page: `<!doctype html><title>Harbour Login</title><h1>Harbour Login</h1><form action="/authorize">${fields.join("")}
          <button name="pressed" value="sub-ana">Ana</button><button name="pressed" value="sub-stranger">Stranger</button></form>`,
      };
    }
    const code = randomBytes(16).toString("hex");
    const redirectUri = at("redirect_uri");
    grants.set(code, { redirectUri, challenge: at("code_challenge"), nonce: at("nonce"), subject });
    const back = new URL(redirectUri);
    back.searchParams.set("code", code);
    back.searchParams.set("state", at("state"));
    return { location: back.href };
  };

  const token = (form: URLSearchParams, authorization: string): { status: number; body: unknown } => {
    asked.push(form);
    const basic = Buffer.from(authorization.replace(/^Basic /, ""), "base64").toString();
    if (basic !== `${clientId}:${secret}`) return { status: 401, body: { error: "invalid_client" } };
    const code = form.get("code") ?? "";
    const grant = grants.get(code);
    if (!fake.forgetful) grants.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (!grant || grant.redirectUri !== form.get("redirect_uri") || grant.challenge !== challenge)
      return { status: 400, body: { error: "invalid_grant" } };
    const now = Math.floor(Date.now() / 1_000);
    const draft = fake.twist({
      header: { alg: "RS256", kid, typ: "JWT" },
      claims: {
        iss: fake.issuer,
        sub: grant.subject,
        aud: clientId,
        iat: now,
        exp: now + 300,
        nonce: grant.nonce,
        // What a provider says about roles and names changes nothing here.
        name: "Ben Okafor",
        email: "ben@example.com",
        roles: ["risk", "policy-admin"],
      },
    });
    const key = { published: published.privateKey, foreign: foreign.privateKey, nobody: null }[fake.signs];
    const access = randomBytes(16).toString("hex");
    return { status: 200, body: { access_token: access, token_type: "Bearer", id_token: signed(draft, key) } };
  };

  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? "/", fake.issuer);
      const send = (status: number, body: string, headers: Record<string, string>): void => {
        response.writeHead(status, headers);
        response.end(body);
      };
      const sendJson = (status: number, body: unknown): void =>
        send(status, JSON.stringify(body), { "content-type": "application/json" });
      switch (url.pathname) {
        case "/.well-known/openid-configuration":
          return sendJson(200, {
            issuer: fake.issuer,
            authorization_endpoint: `${fake.issuer}/authorize`,
            token_endpoint: `${fake.issuer}/token`,
            jwks_uri: `${fake.issuer}/jwks`,
            end_session_endpoint: `${fake.issuer}/logout`,
            response_types_supported: ["code"],
            subject_types_supported: ["public"],
            // Careless on purpose: what a provider offers must not weaken what the desk takes.
            id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
          });
        case "/jwks":
          return sendJson(200, {
            keys: [{ ...published.publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" }],
          });
        case "/authorize": {
          const { location, page, refused } = authorize(url.searchParams);
          if (location !== undefined) return send(302, "", { location });
          return send(refused === undefined ? 200 : 400, page ?? refused ?? "", { "content-type": "text/html" });
        }
        case "/token": {
          const form = new URLSearchParams((await bodyOf(request)).toString());
          const { status, body } = token(form, request.headers.authorization ?? "");
          if (fake.answers) return send(fake.answers.status, fake.answers.body, { "content-type": "application/json" });
          return sendJson(status, body);
        }
        case "/logout":
          return send(200, "<!doctype html><title>Bye</title><h1>Signed out of Harbour Login</h1>", {
            "content-type": "text/html",
          });
        default:
          return sendJson(404, { error: "not_found" });
      }
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const fake: FakeProvider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId,
    secret,
    subject: null,
    twist: (draft) => draft,
    signs: "published",
    answers: null,
    forgetful: false,
    asked,
    honest() {
      Object.assign(fake, { twist: (draft: Draft) => draft, signs: "published", answers: null, forgetful: false });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return fake;
}
