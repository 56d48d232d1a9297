import { randomInt } from "node:crypto";
import { and, eq, gt, lt, sql } from "drizzle-orm";
import type { ChatUser, Reply } from "../chat/surface.ts";
import type { DeskFile } from "../config.ts";
import type { Database } from "../db/client.ts";
import { linkCodes, links } from "../db/schema.ts";
import { sha256 } from "../kernel/canonical.ts";
import { DeskError } from "../kernel/errors.ts";
import { append } from "../ledger/append.ts";
import type { Role } from "../policy/schema.ts";
import type { Person } from "./command.ts";

const CODE_MINUTES = 10;

/** Who is who: chat accounts by the platform's ids, never by names. */
export interface PeopleBook {
  /** The person behind a chat account; null where nobody linked it. */
  identify(user: ChatUser): Promise<Person | null>;
  /** Answers /link from an unknown chat account with a code to type into the console. */
  offer(user: ChatUser): Promise<Reply>;
  /** Ties the chat account of a code to a signed-in person. @throws DeskError INPUT_INVALID */
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
}): PeopleBook {
  const { people, database, rolesOf } = parts;
  const { db } = database;
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
      const standing = await parts.standing(user);
      if (standing !== "member")
        return {
          ok: false,
          text: `This account cannot be linked: it is ${standing === "gone" ? "not in this workspace any more" : `a ${standing} account`}. Ask for a member account.`,
        };
      const code = String(randomInt(100_000_000)).padStart(8, "0");
      await db.delete(linkCodes).where(lt(linkCodes.expiresAt, sql`now()`));
      await db.insert(linkCodes).values({
        codeHash: hashOf(code),
        surface: user.surface,
        space: user.space,
        user: user.user,
        expiresAt: sql`now() + make_interval(mins => ${CODE_MINUTES})`,
      });
      return {
        ok: true,
        text: `Sign in to the console and type /link ${code} there within ${CODE_MINUTES} minutes. Until then you may read, and do nothing.`,
      };
    },
    async confirm(person, code) {
      if (person.surface !== "console")
        throw new DeskError(
          "NOT_ALLOWED",
          "a code is confirmed in the console, where you are signed in; nothing was linked",
        );
      return db.transaction(async (tx) => {
        const [spent] = await tx
          .delete(linkCodes)
          .where(and(eq(linkCodes.codeHash, hashOf(code.trim())), gt(linkCodes.expiresAt, sql`now()`)))
          .returning();
        if (!spent)
          throw new DeskError(
            "INPUT_INVALID",
            "this code is unknown, used or too old; type /link in chat for a new one",
          );
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
        return `Your ${spent.surface} account is linked; what you press there counts as yours.`;
      });
    },
    list: () => Object.entries(people).map(([id, one]) => ({ id, name: one.name, roles: rolesOf(id) })),
  };
}
