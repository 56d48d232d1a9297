import type { Database } from "../db/client.ts";
import type { Control } from "../policy/judging/gather.ts";
import type { Rotas } from "../policy/rules/rota.ts";
import { voices } from "../policy/people/voices.ts";
import type { Role } from "../policy/rules/schema.ts";

/**
 * What the rules in force say of people and playbooks, kept at hand for what is asked too often for a query. Decisions
 * about money never rely on it: they read the grants and the rules inside their transaction.
 */
export interface Standing {
  /** A person's present roles; none for somebody the rules do not name. */
  rolesOf(person: string): readonly Role[];
  /** Whether a playbook may run. */
  isOn(playbook: string): boolean;
  /** Who is on call when, for calling and showing people: desk.yaml's rotas where the rules in force have none. */
  rotas(): Rotas;
  /** Reads them anew: at the start, and whenever rules change. */
  refresh(): Promise<void>;
}

/** Opens the standing; nobody has a role and no playbook runs before the first refresh. */
export function openStanding(database: Database, control: Control, ofFile: Rotas): Standing {
  let roles: ReadonlyMap<string, readonly Role[]> = new Map();
  let off: ReadonlySet<string> | null = null;
  let rotas: Rotas = {};
  return {
    rolesOf: (person) => roles.get(person) ?? [],
    isOn: (playbook) => off !== null && !off.has(playbook),
    // Calling somebody too many is better than nobody; what the rules permit never hangs on this.
    rotas: () => (Object.keys(rotas).length > 0 ? rotas : ofFile),
    async refresh() {
      const [people, rules] = await database.db.transaction(async (tx) => [
        await voices(tx, control),
        await control.published(tx),
      ]);
      roles = new Map(people.map((one) => [one.id, one.roles]));
      off = rules === null ? null : new Set(rules.playbooksOff);
      rotas = rules?.rotas ?? {};
    },
  };
}
