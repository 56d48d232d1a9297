import { z } from "zod";
import { deskSchema } from "../config.ts";

/** The JSON Schema of desk.yaml as text. */
export const deskJsonSchema = (): string =>
  `${JSON.stringify(z.toJSONSchema(deskSchema, { io: "input", unrepresentable: "any" }), null, 2)}\n`;

/** `breakwater config schema` */
export async function printSchema(): Promise<number> {
  process.stdout.write(deskJsonSchema());
  return 0;
}
