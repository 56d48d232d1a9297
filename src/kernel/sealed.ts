import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { DeskError } from "./errors.ts";
import { Secret } from "./secret.ts";

/** The parts of an exchange key, as the variables' names end. */
export const KEY_PARTS = ["API_KEY", "API_SECRET", "API_PASSWORD"] as const;
export type KeyPart = (typeof KEY_PARTS)[number];

/** What a sealed text is bound to: it opens for nothing else. */
export interface SealedFor {
  readonly account: string;
  readonly purpose: KeyPart;
}

const FORMAT = "breakwater-sealed-1";
const SHAPE = new RegExp(
  `^${FORMAT}\\.([0-9a-f]{8})\\.([a-z0-9-]{1,63})\\.(${KEY_PARTS.join("|")})\\.([\\w-]+)\\.([\\w-]+)$`,
);
const IV_BYTES = 12;
const TAG_BYTES = 16;

const refused = (message: string, cause?: unknown): DeskError => new DeskError("KEY_NOT_OPENED", message, { cause });

/** @throws DeskError KEY_NOT_OPENED where the key is not 32 bytes in hexadecimal */
function masterKey(key: Secret): Buffer {
  if (!/^[0-9a-fA-F]{64}$/.test(key.reveal()))
    throw refused(
      "BREAKWATER_KEYS_KEY is not 64 hexadecimal digits; make one with openssl rand -hex 32 and keep it apart",
    );
  return Buffer.from(key.reveal(), "hex");
}

/** Says which key sealed a text without saying anything about the key. */
const keyId = (key: Buffer): string => createHmac("sha256", key).update(`${FORMAT} key id`).digest("hex").slice(0, 8);

/** What both boxes authenticate beside their content: the whole head, and which of the two it is. */
const bound = (id: string, { account, purpose }: SealedFor, box: "key" | "value"): Buffer =>
  Buffer.from(JSON.stringify([FORMAT, id, account, purpose, box]));

function close(key: Buffer, aad: Buffer, content: Buffer): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES }).setAAD(aad);
  const body = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64url");
}

function open(key: Buffer, aad: Buffer, box: string): Buffer {
  const bytes = Buffer.from(box, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(aad)
    .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}

/** Whether a text is a sealed one, whole or damaged. */
export const isSealed = (text: string): boolean => text.startsWith("breakwater-sealed-");

/**
 * Seals a secret for one account and purpose: AES-256-GCM under a data key of its own, which is sealed the same way under
 * `key`. One line of text.
 * @throws DeskError KEY_NOT_OPENED where `key` is not 32 bytes in hexadecimal
 */
export function seal(key: Secret, bind: SealedFor, value: Secret): string {
  const master = masterKey(key);
  const id = keyId(master);
  const dataKey = randomBytes(32);
  return [
    FORMAT,
    id,
    bind.account,
    bind.purpose,
    close(master, bound(id, bind, "key"), dataKey),
    close(dataKey, bound(id, bind, "value"), Buffer.from(value.reveal())),
  ].join(".");
}

/**
 * Opens a sealed text for the account and purpose it is read for, whatever the text says of itself.
 * @throws DeskError KEY_NOT_OPENED that says which it was: no key, another key, another account or purpose, edited bytes
 */
export function unseal(key: Secret | undefined, wanted: SealedFor, text: string): Secret {
  const [, id, account, purpose, wrapped, box] = SHAPE.exec(text) ?? [];
  if (id === undefined || wrapped === undefined || box === undefined)
    throw refused("is no whole sealed text; seal it anew with breakwater keys seal");
  if (account !== wanted.account || purpose !== wanted.purpose)
    throw refused(
      `was sealed as ${purpose} of account ${account}, not as ${wanted.purpose} of ${wanted.account}; name the right file`,
    );
  if (key === undefined)
    throw refused("is sealed, and there is no key to open it; set BREAKWATER_KEYS_KEY or BREAKWATER_KEYS_KEY_FILE");
  const master = masterKey(key);
  if (keyId(master) !== id)
    throw refused(
      `was sealed under key ${id}, BREAKWATER_KEYS_KEY is key ${keyId(master)}; set the right one or seal anew`,
    );
  try {
    const dataKey = open(master, bound(id, wanted, "key"), wrapped);
    return new Secret(open(dataKey, bound(id, wanted, "value"), box).toString());
  } catch (cause) {
    throw refused("was changed after it was sealed; take it from a safe copy or seal it anew", cause);
  }
}
