import { asc, eq } from "drizzle-orm";
import type { VoteLine } from "../../chat/console/votes.ts";
import type { Db } from "../../db/client.ts";
import { votes } from "../../db/schema.ts";

/** The votes on a plan or a change of the rules, oldest first. */
export async function voteLines(
  db: Db,
  hash: string,
  nameOf: (person: string) => string,
): Promise<readonly VoteLine[]> {
  const cast = await db.select().from(votes).where(eq(votes.planHash, hash)).orderBy(asc(votes.at));
  return cast.map(({ person, decision, surface, stepUp, at }) => ({
    person: nameOf(person),
    decision,
    surface,
    stepUp,
    at: at.toISOString(),
  }));
}
