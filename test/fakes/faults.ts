import { setTimeout as sleep } from "node:timers/promises";
import type { IncomingMessage, ServerResponse } from "node:http";

/** One way a platform's answer goes wrong. */
export interface Fault {
  readonly delayMs?: number;
  /** Answers with this status instead of handling the call. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `before`: the line is cut and nothing was done; `after`: it was done, and the answer is lost. */
  readonly cut?: "before" | "after";
  /** `after`: the call is done, then answered with `status`. */
  readonly done?: true;
  /** How many calls go wrong; 1 where left out. */
  readonly times?: number;
}

/** Faults waiting for their calls, by name; `*` meets any call. */
export interface Faults {
  add(name: string, fault: Fault): void;
  clear(): void;
  take(name: string): Fault | undefined;
}

export function faults(): Faults {
  const waiting: { name: string; fault: Fault; left: number }[] = [];
  return {
    add: (name, fault) => void waiting.push({ name, fault, left: fault.times ?? 1 }),
    clear: () => void waiting.splice(0),
    take(name) {
      const next = waiting.find((one) => (one.name === name || one.name === "*") && one.left > 0);
      if (next === undefined) return undefined;
      next.left -= 1;
      return next.fault;
    },
  };
}

/** What a handler answers. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Runs a handler under a fault and writes what the caller gets to see of it. */
export async function answerUnder(
  fault: Fault | undefined,
  response: ServerResponse,
  handle: () => Answer | Promise<Answer>,
): Promise<void> {
  if (fault?.delayMs !== undefined) await sleep(fault.delayMs);
  if (fault?.cut === "before") {
    response.socket?.destroy();
    return;
  }
  const replaced = fault?.status !== undefined && fault.done !== true;
  const answer = replaced ? { status: fault.status ?? 500 } : await handle();
  if (fault?.cut === "after") {
    response.socket?.destroy();
    return;
  }
  const status = fault?.status ?? answer.status;
  const body = fault?.status === undefined ? answer.body : fault.body;
  const headers = { ...answer.headers, ...fault?.headers };
  // discord.js fails on an empty body that claims to be JSON.
  response.writeHead(status, body === undefined ? headers : { "content-type": "application/json", ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
