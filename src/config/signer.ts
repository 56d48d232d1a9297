import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { DeskError } from "../kernel/errors.ts";
import { type KeyPart, KEY_PARTS } from "../kernel/sealed.ts";
import type { Secret } from "../kernel/secret.ts";
import type { SignerSetup } from "../signer/start.ts";
import { signerSettings } from "../signer/settings.ts";
import { accountsOf, accountsSchema, checkAccounts } from "./accounts.ts";
import { type Problem, readEnvironment, refuseProblems, signerSocketOf } from "./environment.ts";
import { parseYaml } from "./yaml.ts";

/** The signer's part of desk.yaml; what else stands there is the desk's affair. */
const signerPart = z.object({ accounts: accountsSchema, signer: signerSettings.prefault({}) });

/** What the signer runs on. */
export type SignerConfig = SignerSetup & { readonly logLevel: string };

/**
 * Reads what the signer needs of environment and desk.yaml, and nothing else of them.
 * @throws DeskError CONFIG_INVALID with every problem at once
 */
export function loadSignerConfig(env: NodeJS.ProcessEnv): SignerConfig {
  const problems: Problem[] = [];
  const environment = readEnvironment(env, problems);
  const deskPath = path.resolve(environment.text("BREAKWATER_DESK") ?? "desk.yaml");
  const home = path.resolve(environment.text("BREAKWATER_HOME") ?? ".breakwater");
  const name = path.basename(deskPath);
  let file: z.infer<typeof signerPart> | null = null;
  if (existsSync(deskPath)) file = parseYaml(readFileSync(deskPath, "utf8"), name, signerPart, problems);
  else problems.push({ where: deskPath, what: "does not exist; name the desk's file with BREAKWATER_DESK" });
  if (file) checkAccounts(file.accounts, environment, name, "signer", problems);
  const sealKey = environment.secret("BREAKWATER_SEAL_KEY") ?? null;
  refuseProblems(problems);
  if (!file) throw new DeskError("CONFIG_INVALID");
  const { accounts, signer } = file;
  const part = (id: string, wanted: KeyPart): Secret | undefined =>
    environment.credential(id, accounts[id]?.key ?? "", wanted);
  return {
    home,
    socket: signerSocketOf(environment, home),
    logLevel: environment.text("BREAKWATER_LOG") ?? "info",
    accounts: new Map([...accountsOf(accounts)].filter(([, one]) => one.venue !== "paper")),
    limits: signer,
    sealKey,
    keyOf(id) {
      const [apiKey, apiSecret, apiPassword] = KEY_PARTS.map((one) => part(id, one));
      if (!apiKey || !apiSecret) throw new DeskError("CONFIG_INVALID", `the key of account ${id} is missing`);
      return { apiKey, apiSecret, ...(apiPassword ? { apiPassword } : {}) };
    },
  };
}
