import { DeskError } from "../../kernel/errors.ts";
import type { ConsoleIdentity } from "../../policy/people/passkeys.ts";

/**
 * Where the console stands, as the browser says that asks for a passkey; the guard has compared the origin with ours.
 * @throws DeskError NOT_SUPPORTED where the address is a number, which browsers do not bind passkeys to
 */
export function identityAt(origin: string, deskName: string): ConsoleIdentity {
  const rpId = new URL(origin).hostname;
  if (/^[\d.]+$|:/.test(rpId))
    throw new DeskError(
      "NOT_SUPPORTED",
      `browsers bind passkeys to names and not to ${rpId}; open the console at localhost or under its public name`,
    );
  return { origin, rpId, deskName };
}
