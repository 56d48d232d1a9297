import { z } from "zod";

/** Whether a token may be sent there: encrypted, or to this machine. */
function isCollector(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return false;
  return (
    url.protocol === "https:" ||
    (url.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname))
  );
}

/** desk.yaml's `checkpoints`. */
export const checkpointsSettings = z
  .strictObject({
    url: z
      .string()
      .refine(
        isCollector,
        "write an https address without a user in it; plain http only to this machine, such as http://127.0.0.1:9000/checkpoints",
      )
      .describe("Where every signed tree head of the ledger is posted, on a machine that the desk does not run on"),
  })
  .describe("A second place for copies of the ledger's signed tree heads; the first is checkpoints.jsonl");
