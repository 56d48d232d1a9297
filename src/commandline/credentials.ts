import type { Config } from "../config.ts";
import type { Account } from "../kernel/account.ts";
import { DeskError } from "../kernel/errors.ts";
import type { Secret } from "../kernel/secret.ts";
import type { Credentials } from "../venues/open-venues.ts";

/** The key of an account, from the variables that desk.yaml names. */
export function credentialsOf(config: Config, account: Account): Credentials {
  const prefix = config.file.accounts[account.id]?.key ?? "";
  const needed = (part: "API_KEY" | "API_SECRET"): Secret => {
    const value = config.environment.credential(account.id, prefix, part);
    if (!value) throw new DeskError("CONFIG_INVALID", `${prefix}_${part} is missing; account ${account.id} needs it`);
    return value;
  };
  const password = config.environment.credential(account.id, prefix, "API_PASSWORD");
  return { apiKey: needed("API_KEY"), apiSecret: needed("API_SECRET"), ...(password ? { apiPassword: password } : {}) };
}
