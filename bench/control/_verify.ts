import { spawn } from "node:child_process";
import path from "node:path";
import { fill, freshDatabase } from "./_database.ts";

const SIZE = 1_000_000;

/** A verification of a million entries by a process of its own: seconds and peak memory, start included. */
export async function verifyMillion(): Promise<{ seconds: number; megabytes: number }> {
  const { database, stop } = await freshDatabase();
  await fill(database, SIZE);
  const child = spawn(
    process.execPath,
    ["--import", "tsx", path.join(import.meta.dirname, "_verify-child.ts"), database.url],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let text = "";
  for await (const piece of child.stdout) text += String(piece);
  await stop();
  const answer = JSON.parse(text) as { ok: boolean; entries: number; seconds: number; megabytes: number };
  if (!answer.ok || answer.entries !== SIZE) throw new Error(`the ledger of ${SIZE} entries did not verify`);
  return answer;
}
