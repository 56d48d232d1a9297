import { describe, expect, test } from "vitest";
import type { Supervisor } from "../../src/chat/supervisor.ts";
import { guardProcess } from "../../src/commandline/start.ts";
import { silentLog } from "../../src/kernel/log.ts";

/** A process under guard, with a Slack that may or may not run. */
function guarded(runs: boolean) {
  const heard = new Map<string, (error: unknown) => void>();
  const kicks: string[] = [];
  const exits: number[] = [];
  const slack = { surface: { name: "slack" }, kick: (why: string) => void kicks.push(why) } as unknown as Supervisor;
  guardProcess(silentLog, () => (runs ? [slack] : []), {
    on: (event, listener) => heard.set(event, listener),
    exit: (code) => void exits.push(code),
  });
  return { kicks, exits, escape: (error: unknown) => heard.get("unhandledRejection")?.(error) };
}

const from = (place: string, message: string): Error => {
  const error = new Error(message);
  error.stack = `Error: ${message}\n    at somewhere (${place}:1:1)`;
  return error;
};
const SOCKET = "/app/node_modules/@slack/socket-mode/dist/src/SocketModeClient.js";

describe("an error that nobody caught", () => {
  test("inside Slack's library restarts Slack alone, and the process stays", () => {
    const { kicks, exits, escape } = guarded(true);
    escape(from(SOCKET, "invalid_auth"));
    expect({ kicks, exits }).toEqual({ kicks: ["invalid_auth"], exits: [] });
  });

  test("inside Discord's library ends the process where no Discord runs", () => {
    const { kicks, exits, escape } = guarded(true);
    escape(from("/app/node_modules/discord.js/src/client/Client.js", "used disallowed intents"));
    expect({ kicks, exits }).toEqual({ kicks: [], exits: [1] });
  });

  test("before the desk has started ends the process", () => {
    const { exits, escape } = guarded(false);
    escape(from(SOCKET, "invalid_auth"));
    expect(exits).toEqual([1]);
  });

  test("of our own ends the process", () => {
    const { kicks, exits, escape } = guarded(true);
    escape(from("/app/dist/src/desk/open-desk.js", "ours"));
    expect({ kicks, exits }).toEqual({ kicks: [], exits: [1] });
  });

  test("of the database's driver in a write is waited out", () => {
    const { exits, escape } = guarded(true);
    escape(from("/app/node_modules/postgres/src/connection.js", "Cannot read properties of null (reading 'write')"));
    expect(exits).toEqual([]);
  });
});
