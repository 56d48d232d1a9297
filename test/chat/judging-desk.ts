import type { Click, CommandCall, Reply } from "../../src/chat/surface.ts";
import type { Database } from "../../src/db/client.ts";
import type { DeskApi } from "../../src/desk/api.ts";
import type { Person } from "../../src/desk/command.ts";
import { judgeInbound } from "../../src/desk/inbound.ts";
import { openPeople } from "../../src/desk/people/people.ts";
import { acknowledge, openIncident, resolve } from "../../src/incidents/lifecycle.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { Plan } from "../../src/kernel/plan.ts";
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
  /** Opens an incident; resolves to its id. */
  open(): Promise<string>;
  /** A plan that waits for one trader, a quarter of an hour where nothing else is said, and its buttons' tokens. */
  ask(
    over?: Partial<Plan> & { readonly ttlMs?: number },
  ): Promise<{ readonly hash: string; token(action: "approve" | "deny" | "resolve"): string }>;
}

const SYSTEM = { actor: "system", surface: "test" };
const by = (person: Person) => ({ actor: `person:${person.id}`, surface: person.surface });

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
    clock: systemClock,
  });
  const desk: Partial<DeskApi> = {
    vote: (person, plan, decision, reason) => door.vote({ person, plan, decision, reason }),
    acknowledge: (person, incident) => acknowledge(database.db, incident, by(person)),
    resolve: (person, incident, resolution, text) => resolve(database.db, incident, resolution, by(person), text),
  };
  const context = { desk: desk as DeskApi, commands: [], people, called: async () => {}, log: silentLog };
  return {
    control,
    handle: (event) => judgeInbound(context, event),
    open: () =>
      control.within((tx) =>
        openIncident(tx, control.control.seal, SYSTEM, { kind: "margin.ratio", severity: "critical", title: "Margin" }),
      ),
    async ask({ ttlMs, ...over } = {}) {
      const { hash } = await control.ask(freshPlan(over), ttlMs);
      return { hash, token: (action) => `${over.incident ?? "INC-1"}:1:${action}:${hash.slice(0, 16)}` };
    },
  };
}
