import { randomInt } from "node:crypto";
import { and, eq, gt, lt, or, sql } from "drizzle-orm";
import type { ChatUser, Reply } from "../../chat/surface.ts";
import type { DeskFile } from "../../config.ts";
import type { Database } from "../../db/client.ts";
import { linkCodes, links } from "../../db/schema.ts";
import { TooMany, openStrikes } from "../../kernel/bucket.ts";
import { sha256 } from "../../kernel/canonical.ts";
import type { Clock } from "../../kernel/clock.ts";
import { spanOf } from "../../kernel/duration.ts";
import { DeskError } from "../../kernel/errors.ts";
import { append } from "../../ledger/append.ts";
import type { Role } from "../../policy/rules/schema.ts";
import type { Person } from "../command.ts";

const CODE_MINUTES = 10;
/** Codes that a chat account may ask for, and that a person may get wrong, at once and a second. */
const CODES = { burst: 5, perSecond: 1 / 60 };

/** Who is who: chat accounts by the platform's ids, never by names. */
export interface PeopleBook {
  /** The person behind a chat account; null where nobody linked it. */
  identify(user: ChatUser): Promise<Person | null>;
  /** Answers /link from an unknown chat account with a code to type into the console; its earlier ones end. */
  offer(user: ChatUser): Promise<Reply>;
  /** Ties the chat account of a code to a signed-in person. @throws DeskError INPUT_INVALID, RATE_LIMITED */
  confirm(person: Person, code: string): Promise<string>;
  list(): readonly { readonly id: string; readonly name: string; readonly roles: readonly string[] }[];
}

const hashOf = (code: string): string => sha256(`breakwater:link:${code}`);

/**
 * Opens the book over desk.yaml's people and the confirmed links.
 * @param standing asks the platform what kind of account it is; only members are linked
 */
export function openPeople(parts: {
  readonly people: DeskFile["people"];
  /** Present roles by the rules in force; desk.yaml only says who there is. */
  readonly rolesOf: (person: string) => readonly Role[];
  readonly database: Database;
  readonly standing: (user: ChatUser) => Promise<string>;
  readonly clock: Clock;
}): PeopleBook {
  const { people, database, rolesOf, clock } = parts;
  const { db } = database;
  const asked = openStrikes(clock, CODES.perSecond, CODES.burst);
  const guesses = openStrikes(clock, CODES.perSecond, CODES.burst);
  const personOf = (id: string, surface: string): Person | null => {
    const found = Object.hasOwn(people, id) ? people[id] : undefined;
    return found ? { id, name: found.name, roles: rolesOf(id), surface } : null;
  };
  const configured = (user: ChatUser): string | undefined =>
    Object.entries(people).find(([, one]) =>
      user.surface === "slack"
        ? one.slack === `${user.space}/${user.user}`
        : user.surface === "discord" && one.discord === user.user,
    )?.[0];

  return {
    async identify(user) {
      if (user.surface === "console") return personOf(user.user, "console");
      const named = configured(user);
      if (named !== undefined) return personOf(named, user.surface);
      const [link] = await db
        .select({ person: links.person })
        .from(links)
        .where(and(eq(links.surface, user.surface), eq(links.space, user.space), eq(links.user, user.user)));
      return link ? personOf(link.person, user.surface) : null;
    },
    async offer(user) {
      const waitMs = asked.add(`${user.surface} ${user.space} ${user.user}`);
      if (waitMs > 0)
        throw new TooMany(`this account asked for many codes; the next is given in ${spanOf(waitMs)}`, waitMs);
      const standing = await parts.standing(user);
      if (standing !== "member")
        return {
          ok: false,
          text: `This account cannot be linked: it is ${standing === "gone" ? "not in this workspace any more" : `a ${standing} account`}. Ask for a member account.`,
        };
      const code = String(randomInt(100_000_000)).padStart(8, "0");
      const mine = and(
        eq(linkCodes.surface, user.surface),
        eq(linkCodes.space, user.space),
        eq(linkCodes.user, user.user),
      );
      // One code an account: who asks for a thousand must not be met by somebody else's typing error.
      await db.transaction(async (tx) => {
        await tx.delete(linkCodes).where(or(mine, lt(linkCodes.expiresAt, sql`now()`)));
        await tx.insert(linkCodes).values({
          codeHash: hashOf(code),
          surface: user.surface,
          space: user.space,
          user: user.user,
          expiresAt: sql`now() + make_interval(mins => ${CODE_MINUTES})`,
        });
      });
      return {
        ok: true,
        text: `Sign in to the console and type /link ${code} there within ${CODE_MINUTES} minutes. Until then you read nothing of the desk here, and do nothing.`,
      };
    },
    async confirm(person, code) {
      if (person.surface !== "console")
        throw new DeskError(
          "NOT_ALLOWED",
          "a code is confirmed in the console, where you are signed in; nothing was linked",
        );
      const waitMs = guesses.add(person.id);
      if (waitMs > 0)
        throw new TooMany(`too many codes were wrong; try again in ${spanOf(waitMs)}. Nothing was linked`, waitMs);
      const linked = await db.transaction(async (tx) => {
        const [spent] = await tx
          .delete(linkCodes)
          .where(and(eq(linkCodes.codeHash, hashOf(code.trim())), gt(linkCodes.expiresAt, sql`now()`)))
          .returning();
        if (!spent) {
          await append(tx, {
            actor: `person:${person.id}`,
            type: "identity.refused",
            object: `person:${person.id}`,
            body: { surface: person.surface },
          });
          return null;
        }
        const link = {
          surface: spent.surface,
          space: spent.space,
          user: spent.user,
          person: person.id,
          confirmedBy: person.id,
        };
        await tx
          .insert(links)
          .values(link)
          .onConflictDoUpdate({
            target: [links.surface, links.space, links.user],
            set: { person: person.id, confirmedBy: person.id, at: sql`now()` },
          });
        await append(tx, {
          actor: `person:${person.id}`,
          type: "identity.linked",
          object: `${spent.surface}:${spent.space}/${spent.user}`,
          body: { person: person.id },
        });
        return spent;
      });
      if (linked === null)
        throw new DeskError("INPUT_INVALID", "this code is unknown, used or too old; type /link in chat for a new one");
      guesses.forgive(person.id);
      return `The ${linked.surface} account ${linked.user} is linked to you; what it presses there counts as yours.`;
    },
    list: () => Object.entries(people).map(([id, one]) => ({ id, name: one.name, roles: rolesOf(id) })),
  };
}
