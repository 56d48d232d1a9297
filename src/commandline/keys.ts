import { text } from "node:stream/consumers";
import { type Problem, readEnvironment } from "../config/environment.ts";
import { DeskError } from "../kernel/errors.ts";
import { type KeyPart, seal, unseal } from "../kernel/sealed.ts";
import { Secret } from "../kernel/secret.ts";
import { answer } from "./terminal.ts";

/** `breakwater keys seal <account>`: seals what stands on standard input, so that it never is an argument or in the shell's history. */
export async function sealKey(account: string, options: { purpose: KeyPart; json?: boolean }): Promise<number> {
  const problems: Problem[] = [];
  const key = readEnvironment(process.env, problems).secret("BREAKWATER_KEYS_KEY");
  const [problem] = problems;
  if (problem) throw new DeskError("CONFIG_INVALID", `${problem.where}: ${problem.what}`);
  if (key === undefined)
    throw new DeskError(
      "CONFIG_INVALID",
      "BREAKWATER_KEYS_KEY is missing; make one with openssl rand -hex 32, set it or BREAKWATER_KEYS_KEY_FILE, and keep a copy apart",
    );
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(account))
    throw new DeskError("INPUT_INVALID", `the account was "${account}"; write its id of desk.yaml`);
  if (process.stdin.isTTY)
    throw new DeskError(
      "INPUT_INVALID",
      "give the secret on standard input, such as from a password store or < file; it is not asked for here, where it would show",
    );
  const value = (await text(process.stdin)).trim();
  if (value === "") throw new DeskError("INPUT_INVALID", "standard input was empty; nothing was sealed");
  const bind = { account, purpose: options.purpose };
  const sealed = seal(key, bind, new Secret(value));
  unseal(key, bind, sealed);
  answer(options.json, { type: "sealed", ...bind, text: sealed }, sealed);
  return 0;
}
