import { DeskError } from "../../kernel/errors.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { HookRequest } from "./sender.ts";

/** 256 bits in base64url. */
const LENGTH = 43;

/** Why a shared word is too weak to stand in for a signature. */
export function refuseShortSecret(secret: Secret): string | undefined {
  const text = secret.reveal();
  if (/^[A-Za-z0-9._~+/=-]+$/.test(text) && text.length >= LENGTH && new Set(text).size >= 10) return undefined;
  return `must be at least ${LENGTH} random characters of A-Z a-z 0-9 . _ ~ + / = -; make one with: openssl rand -hex 32`;
}

/** Whether one of the secrets is the presented one; every one is compared, in constant time. */
const known = (secrets: readonly Secret[], presented: string): boolean =>
  secrets.map((secret) => secret.equals(presented)).includes(true);

/**
 * Believes a request that carries a secret: as `Authorization: Bearer …`, or as the last part of the path for senders
 * that cannot set headers.
 * @throws DeskError SIGNATURE_INVALID
 */
export function verifyBearer(request: HookRequest, secrets: readonly Secret[], inPath: boolean): void {
  const header = request.header("authorization");
  const presented = inPath ? (request.pathSecret ?? "") : (/^Bearer ([^\s]{1,1024})$/i.exec(header ?? "")?.[1] ?? "");
  if (known(secrets, presented) && presented !== "") return;
  throw new DeskError(
    "SIGNATURE_INVALID",
    inPath
      ? "the secret at the end of the path is missing or wrong; use the address with the secret that was configured"
      : "the bearer token is missing or wrong; send Authorization: Bearer with the secret that was configured",
  );
}
