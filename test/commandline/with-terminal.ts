import { afterEach, beforeEach, vi } from "vitest";

/** What a command says on the terminal in the running test, kept from the test's own output. */
export function withTerminal(): () => string {
  let said = "";
  beforeEach(() => {
    said = "";
    const hear = (text: string | Uint8Array): boolean => {
      said += String(text);
      return true;
    };
    vi.spyOn(process.stdout, "write").mockImplementation(hear);
    vi.spyOn(process.stderr, "write").mockImplementation(hear);
  });
  afterEach(() => vi.restoreAllMocks());
  return () => said;
}
