import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import type { Secret } from "../kernel/secret.ts";

/** A tree head as it left the database. */
export interface CheckpointCopy {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly note: string;
}

/** Signs notes under one name (C2SP signed-note, Ed25519). */
export interface NoteKey {
  readonly name: string;
  /** "name+key id+key", to be handed to whoever verifies. */
  readonly publicKey: string;
  /** The text with its signature line. */
  sign(text: string): string;
}

const ED25519 = 1;
/** The fixed beginning of an Ed25519 public key in SPKI form; the 32 bytes of the key follow. */
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

const keyId = (name: string, key: Buffer): Buffer =>
  createHash("sha256")
    .update(name)
    .update(Buffer.from([0x0a, ED25519]))
    .update(key)
    .digest()
    .subarray(0, 4);

/** Makes a new private key, as PEM text. */
export const makeNoteKey = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;

/** Opens a signing key from its PEM text. */
export function openNoteKey(name: string, pem: Secret): NoteKey {
  const privateKey = createPrivateKey(pem.reveal());
  const raw = createPublicKey(privateKey).export({ type: "spki", format: "der" }).subarray(SPKI.length);
  const id = keyId(name, raw);
  return {
    name,
    publicKey: `${name}+${id.toString("hex")}+${Buffer.concat([Buffer.from([ED25519]), raw]).toString("base64")}`,
    sign: (text) =>
      `${text}\n— ${name} ${Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString("base64")}\n`,
  };
}

/** Whether a note carries a good signature of this public key. The signatures follow the note's last empty line. */
export function verifyNote(note: string, publicKey: string): boolean {
  const [name = "", id = "", ...rest] = publicKey.split("+");
  const key = Buffer.from(rest.join("+"), "base64");
  if (key.length !== 33 || key[0] !== ED25519 || keyId(name, key.subarray(1)).toString("hex") !== id) return false;
  const end = note.lastIndexOf("\n\n");
  if (end < 0) return false;
  const text = note.slice(0, end + 1);
  const spki = createPublicKey({ key: Buffer.concat([SPKI, key.subarray(1)]), format: "der", type: "spki" });
  return note
    .slice(end + 2)
    .split("\n")
    .some((line) => {
      const [, by, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? [];
      if (by !== name || encoded === undefined) return false;
      const signature = Buffer.from(encoded, "base64");
      return (
        signature.subarray(0, 4).toString("hex") === id && verify(null, Buffer.from(text), spki, signature.subarray(4))
      );
    });
}

/** The first line of every checkpoint: which log it is about. */
export const ORIGIN = "breakwater/ledger";

/** The text of a checkpoint: origin, number of leaves, root (C2SP tlog-checkpoint). */
export const checkpointText = (size: number, root: Uint8Array): string =>
  `${ORIGIN}\n${size}\n${Buffer.from(root).toString("base64")}\n`;

/** Reads a checkpoint's note; `problem` says what is wrong with it. Signatures are looked at where a public key is given. */
export function checkNote(
  note: string,
  publicKey: string | undefined,
): { readonly size: number; readonly root: string; readonly problem: string | null } {
  const [origin, size = "", root = ""] = note.split("\n");
  const read = { size: Number(size), root };
  if (origin !== ORIGIN || !/^\d+$/.test(size)) return { ...read, problem: "it is no checkpoint of this ledger" };
  if (publicKey !== undefined && !verifyNote(note, publicKey))
    return { ...read, problem: "its signature does not hold" };
  return { ...read, problem: null };
}
