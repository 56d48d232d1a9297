import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";
import { type SignerConfig, loadSignerConfig } from "../src/config/signer.ts";
import { ENVIRONMENT } from "../src/config/environment.ts";
import { demoDesk } from "../src/commandline/demo-desk.ts";
import { DeskError } from "../src/kernel/errors.ts";
import { KEY_PARTS, type KeyPart, seal } from "../src/kernel/sealed.ts";
import { Secret } from "../src/kernel/secret.ts";

const GOOD =
  "desk: { name: Test }\npeople: { ana: { name: Ana, roles: [trader] } }\naccounts: { a: { venue: paper } }\n";

function problems(text: string, environment: NodeJS.ProcessEnv = {}): string {
  try {
    loadConfig(environment, { text, name: "desk.yaml" });
  } catch (error) {
    expect(error).toBeInstanceOf(DeskError);
    expect((error as DeskError).code).toBe("CONFIG_INVALID");
    return (error as DeskError).message;
  }
  return "";
}

describe("a desk file", () => {
  test("the example desk and the demo's desk are good as they are", () => {
    const example = readFileSync(path.resolve(import.meta.dirname, "../desk.example.yaml"), "utf8");
    expect(problems(example)).toBe("");
    expect(problems(demoDesk("calm", 1, 1))).toBe("");
  });

  test("every problem is told at once, each with its line, place, value and remedy", () => {
    const text = problems(
      `desk: { name: "" }
people: { ana: { name: Ana, roles: [boss] } }
accounts:
  Main Account: { venue: paper }
  live: { venue: binanceusdm }
monitor: { high: "0.9", critical: "0.8", poll: 5 }
`,
      { BREAKWATER_HTTP: "nowhere", BREAKWATER_LOG: "loud", BREAKWATER_TRUSTED_PROXIES: "127.0.0.1, proxy.example" },
    );
    expect(text).toMatch(/^The configuration has \d+ problems\.$/m);
    expect(text).toMatch(/desk\.yaml line 1 desk\.name: was ""/);
    expect(text).toMatch(/desk\.yaml line 2 people\.ana\.roles\.0: was "boss"/);
    expect(text).toMatch(/accounts\.Main Account/);
    expect(text).toMatch(/monitor\.poll: was 5/);
    expect(text).toMatch(/environment BREAKWATER_HTTP: was nowhere; write host:port/);
    expect(text).toMatch(/environment BREAKWATER_LOG: was loud/);
    expect(text).toMatch(/environment BREAKWATER_TRUSTED_PROXIES: "proxy\.example" must be an address or a network/);
  });

  test("a name that is no setting is told at its own line, and a wrong choice with the choices", () => {
    const text = problems(`${GOOD.replace("trader", "boss")}monitor:\n  poll: 5s\n  pol: 1s\nfoo: 1\n`);
    expect(text).toMatch(/desk\.yaml line 6 monitor\.pol: is no setting here; correct its name or remove it/);
    expect(text).toMatch(/desk\.yaml line 7 foo: is no setting here/);
    expect(text).toMatch(/roles\.0: was "boss"; write viewer, .* or break-glass/);
  });

  test("what only shows between parts is told too: a live account without key, thresholds the wrong way round", () => {
    const text = problems(
      `${GOOD.replace("{ a: { venue: paper } }", "{ live: { venue: bybit } }")}monitor: { high: "0.9", critical: "0.8" }\n`,
    );
    expect(text).toMatch(/accounts\.live\.environment: is missing; write live or paper/);
    expect(text).toMatch(/accounts\.live\.key: is missing/);
    expect(text).toMatch(/monitor: high was 0\.9, critical 0\.8; high must be below critical/);
  });

  test("a rota names only people of the desk, and is no person", () => {
    const rota = (name: string, person: string) =>
      `${GOOD}rotas: { ${name}: { zone: UTC, starts: "2026-01-05T09:00", people: [${person}] } }\n`;
    expect(problems(rota("desk", "ana"))).toBe("");
    expect(problems(rota("desk", "zoe"))).toContain("rotas.desk: names zoe, who is not one of the desk's people");
    expect(problems(rota("ana", "ana"))).toContain("rotas.ana: is also a person's id");
  });

  test("a dead-man switch waits between ten seconds and two minutes, and only where the venue keeps one", () => {
    const desk = (venue: string, deadMan: string) =>
      GOOD.replace(
        "{ a: { venue: paper } }",
        `{ a: { venue: ${venue}, environment: paper, key: A, deadMan: ${deadMan} } }`,
      );
    const keys = { A_API_KEY: "k", A_API_SECRET: "s" };
    for (const venue of ["paper", "okx", "binanceusdm", "krakenfutures", "hyperliquid"])
      expect(problems(desk(venue, "60s"), keys)).toBe("");
    for (const wrong of ["9s", "3m", "60"]) expect(problems(desk("okx", wrong), keys)).toContain("deadMan");
    for (const venue of ["bybit", "deribit"])
      expect(problems(desk(venue, "60s"), keys)).toContain("hangs on a connection that the desk does not keep");
  });

  test("single sign-on needs https, a secret, and subjects of its own issuer that are one person each", () => {
    const desk = (issuer: string, more = "") => `desk: { name: Test }
people:
  ana: { name: Ana, roles: [trader], oidc: { issuer: "https://login.example", subject: "1" } }
  bo: { name: Bo, roles: [risk], oidc: { issuer: "https://login.example", subject: "1" } }
  cy: { name: Cy, roles: [risk], oidc: { issuer: "https://other.example", subject: "1" } }
accounts: { a: { venue: paper } }
oidc: { issuer: "${issuer}", clientId: breakwater${more} }
`;
    const text = problems(desk("https://login.example"));
    expect(text).toMatch(/environment OIDC_CLIENT_SECRET: is missing/);
    expect(text).toMatch(/people\.bo\.oidc\.subject: is ana's already/);
    expect(text).toMatch(/people\.cy\.oidc\.issuer: was https:\/\/other\.example/);
    expect(problems(desk("http://127.0.0.1:9000"))).toMatch(/line 7 oidc\.issuer: .*write an https address/);
    expect(problems(desk("http://login.example", ", allowHttpOnLoopback: true"))).toMatch(/write an https address/);
    expect(problems(desk("http://127.0.0.1:9000", ", allowHttpOnLoopback: true"))).not.toMatch(/https address/);
    expect(problems(desk("x").replace(/oidc: \{ issuer: "x".*\n/, ""))).toMatch(/there is no provider/);
  });

  test("verification of certificates cannot be switched off by the environment", () => {
    expect(problems(GOOD, { NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toMatch(/NODE_TLS_REJECT_UNAUTHORIZED: was 0/);
  });

  test.each([
    ["an unknown field", `${GOOD}nonsense: 1\n`, /nonsense/],
    ["a key written twice", `${GOOD}desk: { name: Other }\n`, /line 4/],
    ["YAML that is none", "desk: [\n", /correct the YAML/],
    [
      "an alias bomb",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]\n${GOOD}`,
      /./,
    ],
    ["nothing", "", /desk/],
  ])("%s is refused", (_name, text, said) => {
    let message = "";
    try {
      message = problems(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(said);
  });

  test("a file that is not there says which, and what to copy", () => {
    expect(() => loadConfig({ BREAKWATER_DESK: "/nowhere/desk.yaml" })).toThrow(
      /\/nowhere\/desk\.yaml: does not exist; copy desk\.example\.yaml/,
    );
  });
});

describe("secrets", () => {
  const live = GOOD.replace("{ a: { venue: paper } }", "{ main: { venue: okx, environment: live, key: OKX_MAIN } }");

  /** A folder with this desk in it, and what the signer reads there; its problems where it cannot. */
  const signer = (environment: NodeJS.ProcessEnv, desk = live): SignerConfig | string => {
    const folder = mkdtempSync(path.join(tmpdir(), "breakwater-config-"));
    writeFileSync(path.join(folder, "desk.yaml"), desk);
    try {
      return loadSignerConfig({ BREAKWATER_HOME: folder, BREAKWATER_DESK: `${folder}/desk.yaml`, ...environment });
    } catch (error) {
      expect((error as DeskError).code).toBe("CONFIG_INVALID");
      return (error as DeskError).message;
    }
  };
  const opened = (config: SignerConfig | string) => {
    if (typeof config === "string") throw new Error(config);
    const { apiKey, apiSecret, apiPassword } = config.keyOf("main");
    return [apiKey, apiSecret, apiPassword].map((one) => one?.reveal());
  };

  test("may come from files, are read by the signer alone, and never show in what is said about them", () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), "breakwater-config-")), "key");
    writeFileSync(file, "planted-key-in-a-file\n");
    const environment = { OKX_MAIN_API_KEY_FILE: file, OKX_MAIN_API_SECRET: "planted-secret" };
    const config = signer(environment);
    expect(opened(config)).toEqual(["planted-key-in-a-file", "planted-secret", undefined]);
    expect(JSON.stringify(config)).not.toContain("planted");
    // The desk only looks whether they are named: a file that is not there is the signer's to tell.
    expect(problems(live, { ...environment, OKX_MAIN_API_KEY_FILE: "/nowhere" })).toBe("");
    expect(signer({ ...environment, OKX_MAIN_API_KEY_FILE: "/nowhere" })).toMatch(
      /names \/nowhere, which cannot be read/,
    );
  });

  test("sealed in files are opened for their account; swapped, damaged or without the key they are told of once", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "breakwater-sealed-"));
    const key = "c3".repeat(32);
    const put = (purpose: KeyPart, account = "main"): string => {
      const file = path.join(folder, `${account}.${purpose}`);
      writeFileSync(file, seal(new Secret(key), { account, purpose }, new Secret(`planted-${purpose}`)));
      return file;
    };
    const environment = {
      OKX_MAIN_API_KEY_FILE: put("API_KEY"),
      OKX_MAIN_API_SECRET_FILE: put("API_SECRET"),
      OKX_MAIN_API_PASSWORD_FILE: put("API_PASSWORD"),
    };
    expect(opened(signer({ ...environment, BREAKWATER_KEYS_KEY: key }))).toEqual(
      KEY_PARTS.map((part) => `planted-${part}`),
    );
    const bare = signer(environment);
    expect(bare).toMatch(/has 3 problems/);
    expect(bare).toMatch(/environment OKX_MAIN_API_SECRET: is sealed, and there is no key to open it/);
    const swapped = signer({
      ...environment,
      BREAKWATER_KEYS_KEY: key,
      OKX_MAIN_API_PASSWORD_FILE: put("API_PASSWORD", "other"),
    });
    expect(swapped).toMatch(/has a problem/);
    expect(swapped).toMatch(/OKX_MAIN_API_PASSWORD: was sealed as API_PASSWORD of account other/);
  });

  test("must not lie with a desk whose signer runs apart", () => {
    const apart = { BREAKWATER_SIGNER: "/run/breakwater/signer.sock" };
    expect(problems(live, apart)).toBe("");
    expect(problems(live, { ...apart, OKX_MAIN_API_SECRET: "planted" })).toMatch(
      /OKX_MAIN_API_SECRET: is set, and the signer at BREAKWATER_SIGNER has keys of its own/,
    );
  });

  test("are handed to the signer and then forgotten by the desk", () => {
    const environment: NodeJS.ProcessEnv = { OKX_MAIN_API_KEY_FILE: "/keys/okx", OKX_MAIN_API_SECRET: "planted" };
    const config = loadConfig(environment, { text: live, name: "desk.yaml" });
    const names = ["OKX_MAIN_API_KEY", "OKX_MAIN_API_SECRET"];
    expect(config.environment.raw(names)).toEqual({ ...environment });
    config.environment.forget(names);
    expect([environment, config.environment.raw(names)]).toEqual([{}, {}]);
  });

  test("missing or given twice are problems", () => {
    expect(problems(live)).toMatch(/environment OKX_MAIN_API_KEY: is missing; account main needs it/);
    expect(problems(GOOD, { SLACK_BOT_TOKEN: "xoxb-1", SLACK_BOT_TOKEN_FILE: "/x" })).toMatch(
      /SLACK_BOT_TOKEN: is set and SLACK_BOT_TOKEN_FILE too; keep one/,
    );
    expect(problems(GOOD, { SLACK_BOT_TOKEN: "xoxb-1" })).toMatch(/SLACK_APP_TOKEN: is missing/);
  });
});

test("a webhook source whose secret is missing or too short is a problem at the start, not at the first alert", () => {
  const desk = `${GOOD}webhooks: { alerts: { sender: alertmanager, secret: HOOK_ALERTS } }\n`;
  expect(problems(desk)).toMatch(/webhooks\.alerts\.secret: HOOK_ALERTS is not set/);
  expect(problems(desk, { HOOK_ALERTS: "short" })).toMatch(/webhooks\.alerts\.secret: HOOK_ALERTS/);
  expect(problems(desk, { HOOK_ALERTS: "a".repeat(8) + "0123456789abcdef".repeat(4) })).toBe("");
});

test("every variable of the environment is told in one sentence", () => {
  for (const [name, row] of Object.entries(ENVIRONMENT)) {
    expect(name).toMatch(/^[A-Z][A-Z_]+$/);
    expect(row.about.length, name).toBeGreaterThan(10);
  }
});
