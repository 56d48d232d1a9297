import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

/** A file of the page as it is served. */
interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The page's files by name, and a fingerprint over all of them. */
export interface Assets {
  readonly files: ReadonlyMap<string, Asset>;
  readonly build: string;
}

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";

/** The page's own scripts, compiled from `page/*.ts`. */
const SCRIPTS = [
  "theme.js",
  "main.js",
  "stream.js",
  "incident.js",
  "command.js",
  "clock.js",
  "axis.js",
  "form.js",
  "chart.js",
  "drawing.js",
  "picture.js",
  "risk.js",
  "keys.js",
  "list.js",
  "market.js",
  "scores.js",
  "parts.js",
  "again.js",
  "passkey.js",
  "replay.js",
  "replay-chart.js",
];

/** `dist/page`, seen from the sources as well as from the built program. */
const pageFolder = (): string =>
  path.resolve(import.meta.dirname, import.meta.filename.endsWith(".ts") ? "../../../dist/page" : "../../../page");

/**
 * Reads the page's files into memory, once.
 * @throws Error where the page was not built; `npm run build` does it
 */
export async function loadAssets(): Promise<Assets> {
  const folder = pageFolder();
  const uplot = path.join(path.dirname(createRequire(import.meta.url).resolve("uplot/package.json")), "dist");
  const webauthn = path.dirname(createRequire(import.meta.url).resolve("@simplewebauthn/browser"));
  const wanted: readonly (readonly [name: string, file: string, type: string])[] = [
    ...SCRIPTS.map((name) => [name, path.join(folder, name), SCRIPT] as const),
    ["console.css", path.join(folder, "console.css"), STYLE],
    ["icon.svg", path.join(folder, "icon.svg"), "image/svg+xml"],
    ["uplot.js", path.join(uplot, "uPlot.iife.min.js"), SCRIPT],
    ["webauthn.js", path.join(webauthn, "../dist/bundle/index.umd.min.js"), SCRIPT],
    ["uplot.css", path.join(uplot, "uPlot.min.css"), STYLE],
  ];
  const files = new Map<string, Asset>();
  const hash = createHash("sha256");
  for (const [name, file, type] of wanted) {
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw new Error(`the console's page is not built: ${file} is missing; run npm run build`, { cause });
    });
    hash.update(bytes);
    files.set(name, { type, bytes: new Uint8Array(bytes) });
  }
  return { files, build: hash.digest("hex").slice(0, 12) };
}
