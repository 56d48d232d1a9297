import type { Click, CommandCall, Reply } from "../../src/chat/surface.ts";
import type { Database } from "../../src/db/client.ts";
import type { DeskApi } from "../../src/desk/api.ts";
import { judgeInbound } from "../../src/desk/inbound.ts";
import { openPeople } from "../../src/desk/people.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { openDoor } from "../../src/policy/perform.ts";
import { TEAM } from "../fakes/slack/state.ts";
import { DESK_PEOPLE, type TestDesk, freshPlan, testDesk } from "../policy/control.ts";

/** People who may approve, with an account of theirs on every surface. */
export const TRADERS = [
  { id: "ana", slack: "U0ANA", discord: "930000000000000001" },
  { id: "cy", slack: "U0CY", discord: "930000000000000003" },
] as const;

/** The desk behind the inbox as it is: people by their linked ids, tokens, votes under lock, seals, ledger. */
export interface JudgingDesk {
  readonly control: TestDesk;
  readonly handle: (event: Click | CommandCall) => Promise<Reply>;
  /** A plan that waits for one trader, a quarter of an hour where nothing else is said, and its buttons' tokens. */
  ask(ttlMs?: number): Promise<{ readonly hash: string; token(action: "approve" | "deny"): string }>;
}

export async function openJudgingDesk(database: Database): Promise<JudgingDesk> {
  const control = testDesk(database);
  await control.publish();
  const door = openDoor({
    database,
    desk: {
      accounts: new Map(),
      venueOf: () => Promise.reject(new Error("nothing is sent here")),
      clock: systemClock,
      collarBps: 150,
      hedger: {
        hedge: () => Promise.reject(new Error("nothing is hedged here")),
        close: () => Promise.reject(new Error("nothing is closed here")),
      },
      planTtlMs: 900_000,
    },
    control: control.control,
    sign: async () => {},
    wake: control.wake,
    log: silentLog,
  });
  const people = openPeople({
    database,
    people: Object.fromEntries(
      Object.entries(DESK_PEOPLE).map(([id, { name, roles }]) => {
        const linked = TRADERS.find((one) => one.id === id);
        return [id, { name, roles, ...(linked ? { slack: `${TEAM}/${linked.slack}`, discord: linked.discord } : {}) }];
      }),
    ),
    rolesOf: (person) => DESK_PEOPLE[person]?.roles ?? [],
    standing: async () => "member",
  });
  const desk: Partial<DeskApi> = {
    vote: (person, plan, decision, reason) => door.vote({ person, plan, decision, reason }),
  };
  const context = { desk: desk as DeskApi, commands: [], people, called: async () => {}, log: silentLog };
  return {
    control,
    handle: (event) => judgeInbound(context, event),
    async ask(ttlMs = 900_000) {
      const { hash } = await control.ask(freshPlan(), ttlMs);
      return { hash, token: (action) => `INC-1:1:${action}:${hash.slice(0, 16)}` };
    },
  };
}
