import { type KeyObject, createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isoCBOR } from "@simplewebauthn/server/helpers";
import type { ConsoleIdentity } from "../policy/people/passkeys.ts";

/** A passkey in software that answers as a platform authenticator does, with the person verified: for the demo without a browser, and for tests. */
export interface SoftAuthenticator {
  readonly id: string;
  create(challenge: string, where?: Partial<ConsoleIdentity>): never;
  get(challenge: string, where?: Partial<ConsoleIdentity> & { readonly flags?: number }): never;
}

const UP = 0x01;
const UV = 0x04;
const AT = 0x40;
const sha = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest();

function coseKey(publicKey: KeyObject): Uint8Array {
  const { x, y } = publicKey.export({ format: "jwk" }) as { x: string; y: string };
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64url"));
  return isoCBOR.encode(
    new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]),
  );
}

/** Makes an authenticator with one ES256 key for the console of `home`. */
export function softAuthenticator(home: ConsoleIdentity): SoftAuthenticator {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rawId = randomBytes(32);
  const id = rawId.toString("base64url");
  let counter = 0;
  const clientData = (type: string, challenge: string, origin: string): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const authData = (rpId: string, flags: number, more: Uint8Array = new Uint8Array()): Buffer => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE((counter += 1));
    return Buffer.concat([sha(rpId), Buffer.from([flags]), count, more]);
  };
  const base = { id, rawId: id, type: "public-key", clientExtensionResults: {} };
  return {
    id,
    create(challenge, where = {}) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(rawId.length);
      const data = authData(
        where.rpId ?? home.rpId,
        UP | UV | AT,
        Buffer.concat([Buffer.alloc(16), length, rawId, coseKey(publicKey)]),
      );
      const attestation = isoCBOR.encode(
        new Map<string, unknown>([
          ["fmt", "none"],
          ["attStmt", new Map()],
          ["authData", new Uint8Array(data)],
        ]) as never,
      );
      return {
        ...base,
        response: {
          clientDataJSON: clientData("webauthn.create", challenge, where.origin ?? home.origin).toString("base64url"),
          attestationObject: Buffer.from(attestation).toString("base64url"),
        },
      } as never;
    },
    get(challenge, where = {}) {
      const client = clientData("webauthn.get", challenge, where.origin ?? home.origin);
      const data = authData(where.rpId ?? home.rpId, where.flags ?? UP | UV);
      return {
        ...base,
        response: {
          clientDataJSON: client.toString("base64url"),
          authenticatorData: data.toString("base64url"),
          signature: sign("sha256", Buffer.concat([data, sha(client)]), privateKey).toString("base64url"),
        },
      } as never;
    },
  };
}
