import type { RawFile } from "discord.js";
import { clip } from "../text.ts";

/** A picture beside a message. */
interface Picture {
  readonly name: string;
  readonly png: Uint8Array;
  /** Its words for screen readers. */
  readonly alt: string;
}

/** Pictures as a message carries them: the files beside, and an embed for each that shows it by its name. */
export function attached(pictures: readonly Picture[]): {
  readonly body: Record<string, unknown>;
  readonly files: RawFile[];
} {
  return {
    body: {
      attachments: pictures.map(({ name, alt }, at) => ({
        id: String(at),
        filename: name,
        description: clip(alt, 1_000),
      })),
      embeds: pictures.map(({ name }) => ({ image: { url: `attachment://${name}` } })),
    },
    files: pictures.map(({ name, png }) => ({ name, data: Buffer.from(png), contentType: "image/png" })),
  };
}
