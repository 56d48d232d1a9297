/**
 * The raw bytes of a request, or null where there are more than `max`. A declared length is believed by the server that
 * reads it, so the whole is read at once, far cheaper than a stream; without one every part is counted.
 */
export async function readBody(request: Request, max: number): Promise<Uint8Array | null> {
  const declared = request.headers.get("content-length");
  if (declared !== null) return Number(declared) > max ? null : new Uint8Array(await request.arrayBuffer());
  if (request.body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > max) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
