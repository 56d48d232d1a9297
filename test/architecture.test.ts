import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const SRC = path.resolve(import.meta.dirname, "../src");

/** What each folder may import besides itself: down to the ground, or one step right along the path. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  // The ground, from the lowest up.
  kernel: [],
  quant: ["kernel"],
  db: ["kernel"],
  ledger: ["kernel", "db"],
  venues: ["kernel", "quant"],
  exposure: ["kernel", "quant", "db", "venues"],
  chat: ["kernel", "db"],
  oncall: ["kernel", "db", "ledger"],
  views: ["kernel", "db", "ledger", "chat"],
  // The path of an alert, left to right.
  sources: ["kernel", "quant", "db", "venues", "ledger", "detectors"],
  detectors: ["kernel", "quant"],
  intake: ["kernel", "db", "ledger", "path.ts"],
  incidents: ["kernel", "db", "ledger", "chat"],
  engine: ["kernel", "db", "ledger", "policy"],
  policy: ["kernel", "db", "ledger", "venues", "actions", "quant"],
  actions: ["kernel", "db", "ledger", "venues", "quant", "exposure"],
  // Beside the path: the process that holds the exchange keys.
  signer: ["kernel", "venues", "policy"],
  // Beside the path: the same code on recorded days.
  replay: ["kernel", "quant", "sources", "detectors", "intake", "venues", "engine", "actions", "policy"],
};

/** Folders and files that put the parts together and so may import any of them. */
const COMPOSITION = [
  "desk",
  "commandline",
  "config",
  "main.ts",
  "cli.ts",
  "config.ts",
  "database.ts",
  "index.ts",
  "load.ts",
  "routes.ts",
  "metrics.ts",
  "path.ts",
];

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

function importsBelow(root: string): Import[] {
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${path.sep}page${path.sep}`));
  return files.flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => ({
      file: path.relative(SRC, file),
      from: path.relative(SRC, file).split(path.sep)[0] as string,
      to: path.relative(SRC, path.resolve(path.dirname(file), match[1] as string)).split(path.sep)[0] as string,
    }));
  });
}

const imports = importsBelow(SRC);

test("the sources were read at all", () => {
  expect(imports.length).toBeGreaterThan(200);
});

test("every folder imports only what lies below it or one step to its right", () => {
  const wrong = imports
    .filter(({ from, to }) => from !== to && !COMPOSITION.includes(from))
    .filter(({ from, to }) => !(MAY_IMPORT[from] ?? []).includes(to))
    .map(({ file, to }) => `${file} imports ${to}`);
  expect(wrong).toEqual([]);
});

test("only policy reaches actions", () => {
  const wrong = imports
    .filter(({ from, to }) => to === "actions" && !["actions", "policy"].includes(from))
    .map((one) => one.file);
  expect(wrong).toEqual([]);
});

test("commands and playbooks import nothing but the one barrel", () => {
  const root = path.resolve(SRC, "..");
  const wrong = ["commands", "playbooks"].flatMap((folder) =>
    readdirSync(path.join(root, folder)).flatMap((name) =>
      [...readFileSync(path.join(root, folder, name), "utf8").matchAll(/from\s+"([^"]+)"/g)]
        .filter((match) => match[1] !== "../src/index.ts")
        .map((match) => `${folder}/${name} imports ${match[1]}`),
    ),
  );
  expect(wrong).toEqual([]);
});

/** Packages that files load, with all that they load in turn; `later` is what is only loaded when it is called. */
function packagesOf(files: readonly string[], later: boolean): readonly string[] {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const loads = later ? /(?:\bfrom|\bimport\()\s*"([\w@./:-]+)";?/g : /\bfrom\s*"([\w@./:-]+)";?/g;
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, "utf8").replaceAll(/^(?:import|export) type [^;]*;/gm, "");
    for (const [, to = ""] of text.matchAll(loads)) {
      if (to.startsWith(".")) walk(path.resolve(path.dirname(file), to));
      else if (!to.startsWith("node:")) packages.add(to);
    }
  };
  for (const file of files) walk(path.join(SRC, file));
  expect(seen.size).toBeGreaterThan(20);
  return [...packages].toSorted((a, b) => a.localeCompare(b));
}

test("the kill switch on the command line loads no chat library, no server, no engine: nobody waits for them", () => {
  expect(packagesOf(["cli.ts", "commandline/halt.ts"], false)).toEqual([
    "canonicalize",
    "commander",
    "decimal.js",
    "drizzle-orm",
    "drizzle-orm/pg-core",
    "drizzle-orm/postgres-js",
    "lossless-json",
    "luxon",
    "pino",
    "postgres",
    "yaml",
    "zod",
  ]);
});

test("the signer's program loads no database, no chat, no server: only what signing needs", () => {
  expect(packagesOf(["commandline/signer.ts"], true)).toEqual([
    "canonicalize",
    "ccxt",
    "commander",
    "decimal.js",
    "pino",
    "yaml",
    "zod",
  ]);
});

test("only the engine knows its library, and only one file of venues its exchange library", () => {
  const uses = (name: string): string[] =>
    readdirSync(SRC, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => new RegExp(`(from|import\\()\\s*"${name}`).test(readFileSync(file, "utf8")))
      .map((file) => path.relative(SRC, file));
  expect(uses("@dbos-inc/dbos-sdk").every((file) => file.startsWith("engine/"))).toBe(true);
  expect(uses("ccxt").filter((file) => !file.startsWith("venues/ccxt/") && !file.startsWith("sources/feeds/"))).toEqual(
    [],
  );
});

test("every runtime dependency has its line in docs/dependencies.md, and every line its dependency", () => {
  const root = path.resolve(SRC, "..");
  const text = readFileSync(path.join(root, "docs/dependencies.md"), "utf8");
  const first = text.split("\n").flatMap((line) => (line.startsWith("| `") ? [line.split("|")[1] ?? ""] : []));
  const told = first.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""));
  const { dependencies } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const named = told.filter((name) => !name.endsWith("/*"));
  expect(named.toSorted((a, b) => a.localeCompare(b))).toEqual(
    Object.keys(dependencies).toSorted((a, b) => a.localeCompare(b)),
  );
});
