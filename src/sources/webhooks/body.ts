import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { DeskError } from "../../kernel/errors.ts";

/** Largest body that is read. */
const MAX_BYTES = 256 * 1024;

const tooLarge = (): DeskError => new DeskError("BODY_TOO_LARGE");

async function* chunksOf(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = stream?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) yield next.value;
}

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
    for await (const chunk of (incoming ?? chunksOf(request.body)) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof DeskError) throw error;
    throw new DeskError("BODY_MALFORMED", "the body broke off before its end; send it again", { cause: error });
  }
  return Buffer.concat(chunks, size);
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
