import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { DeskError } from "../../kernel/errors.ts";

/** Largest body that is read. */
const MAX_BYTES = 256 * 1024;

const tooLarge = (): DeskError => new DeskError("BODY_TOO_LARGE");

/** Chunks of a web stream, each offered as it comes. */
async function readStream(
  stream: ReadableStream<Uint8Array> | null,
  offer: (chunk: Uint8Array) => void,
): Promise<void> {
  const reader = stream?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) offer(next.value);
}

/** The same from a socket's request. A refusal stops the reading, not the connection: the sender is still to hear it. */
const readIncoming = (incoming: IncomingMessage, offer: (chunk: Uint8Array) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const broke = (): void => reject(new Error("the connection closed"));
    if (incoming.destroyed) broke();
    incoming.once("error", reject).once("close", broke);
    incoming.once("end", () => {
      // Every request closes in the end; an error made for it costs more than reading it did.
      incoming.off("close", broke);
      resolve();
    });
    incoming.on("data", (chunk: Uint8Array) => {
      try {
        offer(chunk);
      } catch (error) {
        incoming.pause();
        reject(error);
      }
    });
  });

/**
 * Reads a body and stops at the limit, whatever the headers say. From the socket where there is one, because a web
 * stream costs more than all the rest of a small request.
 * @throws DeskError BODY_TOO_LARGE, BODY_MALFORMED where it broke off
 */
export async function readBody(request: Request, incoming: IncomingMessage | undefined): Promise<Buffer> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const take = (chunk: Uint8Array): void => {
      size += chunk.length;
      if (size > MAX_BYTES) throw tooLarge();
      chunks.push(chunk);
    };
    await (incoming ? readIncoming(incoming, take) : readStream(request.body, take));
  } catch (error) {
    if (error instanceof DeskError) throw error;
    throw new DeskError("BODY_MALFORMED", "the body broke off before its end; send it again", { cause: error });
  }
  const [first] = chunks;
  return chunks.length === 1 && Buffer.isBuffer(first) ? first : Buffer.concat(chunks, size);
}

/**
 * The text of a body.
 * @throws DeskError BODY_MALFORMED where the bytes are not UTF-8, hold NUL or are none
 */
export function textOfBytes(raw: Buffer): string {
  if (raw.length === 0) throw new DeskError("BODY_MALFORMED", "the body is empty; send one JSON value");
  if (!isUtf8(raw)) throw new DeskError("BODY_MALFORMED", "the body is not UTF-8; encode it so");
  if (raw.includes(0)) throw new DeskError("BODY_MALFORMED", "the body holds NUL bytes; remove them");
  return raw.toString("utf8");
}
