import type { RawFile } from "discord.js";
import { clip } from "../text.ts";

/** A picture as a message carries it: the file beside, its name in an embed that shows it, its words for screen readers. */
export function attached(picture: { readonly name: string; readonly png: Uint8Array; readonly alt: string }): {
  readonly body: Record<string, unknown>;
  readonly files: RawFile[];
} {
  return {
    body: {
      attachments: [{ id: "0", filename: picture.name, description: clip(picture.alt, 1_000) }],
      embeds: [{ image: { url: `attachment://${picture.name}` } }],
    },
    files: [{ name: picture.name, data: Buffer.from(picture.png), contentType: "image/png" }],
  };
}
