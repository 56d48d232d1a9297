import { beforeAll, describe, expect, test } from "vitest";
import type { DeskApi } from "../../src/desk/api.ts";
import type { DeskCommand } from "../../src/desk/command.ts";
import { type InboundContext, completeLine, judgeInbound } from "../../src/desk/inbound.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { loadCommands } from "../../src/load.ts";
import { ROLES, type Role } from "../../src/policy/rules/schema.ts";

const TRADING: readonly Role[] = ["trader", "risk"];
const STEERING: readonly Role[] = [...TRADING, "operator"];
const HANDLING: readonly Role[] = [...STEERING, "compliance"];

/** Who may call what; null is everybody whom the desk knows, role or not. Sub-verbs that ask for more say so themselves. */
const TABLE: Readonly<Record<string, readonly Role[] | null>> = {
  help: null,
  link: null,
  whoami: null,

  // Reading, and a say on a plan, which the policy counts or not.
  positions: ROLES,
  orders: ROLES,
  risk: ROLES,
  greeks: ROLES,
  vol: ROLES,
  rules: ROLES,
  approve: ROLES,
  deny: ROLES,

  // Handling what happened, and the books behind it.
  incident: HANDLING,
  label: HANDLING,
  audit: HANDLING,
  limits: HANDLING,
  digest: HANDLING,

  // Steering the desk.
  halt: STEERING,
  freeze: STEERING,
  unfreeze: STEERING,
  cancel: STEERING,
  settle: STEERING,
  silence: STEERING,
  playbook: STEERING,
  backtest: STEERING,
  page: STEERING,

  // Asking for orders that change a position.
  hedge: TRADING,
  flatten: TRADING,

  // Emergency powers, which their own page gives, and their review.
  "break-glass": ["risk", "compliance", "operator", "break-glass"],
};

let commands: readonly DeskCommand[];
beforeAll(async () => {
  commands = await loadCommands();
});

const user = { surface: "slack", space: "T1", user: "U0ANA" } as const;

/** What becomes of a command's own example; nothing behind its head is reached. */
async function call(command: DeskCommand, roles: readonly Role[] | null) {
  let called = false;
  const context: InboundContext = {
    desk: {} as DeskApi,
    commands: [{ head: command.head, run: async () => ({ ok: true, text: "done" }) }],
    people: {
      identify: async () => (roles === null ? null : { id: "ana", name: "Ana", roles, surface: "slack" }),
      offer: async () => ({ ok: true, text: "a code" }),
    } as unknown as InboundContext["people"],
    called: async () => void (called = true),
    log: silentLog,
  };
  const { name, example } = command.head;
  const at = new Date("2026-11-22T10:00:00Z");
  const reply = await judgeInbound(context, { type: "command", deliveryId: "slack:1.1", user, text: example, at });
  return { called, reply, completed: () => completeLine(context, user, `/${name} `) };
}

test("the table names every command, and no other", () => {
  expect(Object.keys(TABLE).toSorted()).toEqual(commands.map((one) => one.head.name).toSorted());
});

describe.each(Object.entries(TABLE))("/%s", (name, may) => {
  const command = () => commands.find((one) => one.head.name === name) as DeskCommand;

  test.each(ROLES)("for a %s", async (role) => {
    const { called, reply } = await call(command(), [role]);
    const allowed = may === null || may.includes(role);
    expect({ called, ok: reply.ok }, reply.text).toEqual({ called: allowed, ok: allowed });
    if (!allowed) expect(reply.text).toContain(`you are ${role}`);
  });

  test("for somebody whose roles were taken", async () => {
    const { called, reply } = await call(command(), []);
    expect(called, reply.text).toBe(may === null);
  });

  test("for an account that nobody linked: a guest, a bot, a stranger", async () => {
    const { called, reply, completed } = await call(command(), null);
    expect(called).toBe(false);
    expect(await completed()).toEqual([]);
    expect(reply.text).toMatch(name === "link" ? /^a code$/ : /^The desk does not know this chat account/);
  });
});
