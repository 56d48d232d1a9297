import { eq } from "drizzle-orm";
import { orders, votes } from "../db/schema.ts";
import { systemClock } from "../kernel/clock.ts";
import { TERMINAL } from "../kernel/order.ts";
import { verifyLedger } from "../ledger/verify.ts";
import { type Browserless, signIn } from "./browserless.ts";
import type { Promised } from "./demo-chat.ts";
import type { Say, StoryParts } from "./demo-story.ts";
import { type SoftAuthenticator, softAuthenticator } from "./soft-authenticator.ts";

const ASKS = "dan";
const APPROVE = ["ana", "ben"] as const;
const PATIENCE_MS = 60_000;
const LOOK_MS = 150;
/** By then the account was read anew after its last order. */
const FIGURES_MS = 3_000;

interface Options {
  readonly challenge: string;
}

/** Looks until something is there; null where it is not within a minute. */
async function until<T>(look: () => Promise<T | null | undefined>): Promise<T | null> {
  const end = systemClock.now().getTime() + PATIENCE_MS;
  while (systemClock.now().getTime() < end) {
    const found = await look();
    if (found !== null && found !== undefined) return found;
    await systemClock.sleep(LOOK_MS);
  }
  return null;
}

/**
 * A trader asks for a hedge above the demo's tier; a click is refused; two others, whose passkeys each confirmed for the
 * other, type its notional and touch their keys. The keys are software, which only this program without a browser uses:
 * the desk takes them as it takes any authenticator's, by their signatures.
 */
export async function hedgeWithPasskeys({ program, config }: StoryParts, say: Say): Promise<Promised[]> {
  // Passkeys are bound to names, and the console's own address is a number.
  const url = program.url.replace("127.0.0.1", "localhost");
  const where = { origin: url, rpId: "localhost", deskName: config.file.desk.name };
  const as = async (person: string): Promise<Browserless> => signIn(url, await program.signInFor(person));
  const people = new Map<string, { browser: Browserless; key: SoftAuthenticator }>();
  for (const person of APPROVE) {
    const [browser, key] = [await as(person), softAuthenticator(where)];
    const { challenge } = await browser.send<Options>("/passkeys/begin");
    await browser.send("/passkeys/enrol", { response: JSON.stringify(key.create(challenge)) });
    people.set(person, { browser, key });
  }
  for (const [person, { key }] of people) {
    const other = [...people].find(([id]) => id !== person)?.[1].browser;
    await other?.send("/passkeys/confirm", { credential: key.id });
  }

  // People take longer than this; a hedge on the heels of the reduction is refused, because the account's figures may lack it.
  await systemClock.sleep(FIGURES_MS);
  const asked = await (await as(ASKS)).type("/hedge BTC 100% paper-a");
  say({
    type: "command",
    person: ASKS,
    text: `${ASKS} asks for /hedge BTC 100% paper-a: ${asked.text.split("\n")[0]}`,
  });
  const first = people.get(APPROVE[0])?.browser;
  const plan = await until(async () => (await first?.pending())?.find((one) => one.incident === asked.incident));
  if (!plan) return [{ name: "a large hedge was put to people", held: false, detail: asked.text }];
  const card = await first?.card(plan.incident ?? "");
  const button = card?.buttons.find((one) => one.action === "approve");
  const click = button ? await first?.press(button.token) : undefined;
  say({
    type: "click",
    button: "approve",
    person: APPROVE[0],
    text: click?.text ?? "there was no button",
    ok: click?.ok,
  });
  for (const [person, { browser, key }] of people) {
    const { challenge } = await browser.send<Options>(`/plans/${plan.planHash}/begin`);
    const response = JSON.stringify(key.get(challenge));
    const told = await browser.send(`/plans/${plan.planHash}/approve`, { typed: plan.notionalUsd, response });
    say({
      type: "passkey",
      person,
      plan: plan.planHash,
      words: plan.words,
      ok: told.ok,
      text: `${person}: ${told.text}`,
    });
  }
  const { db, sql } = program.database;
  const sent = await until(async () => {
    const rows = await db.select().from(orders).where(eq(orders.planHash, plan.planHash));
    return rows.length > 0 && rows.every((row) => TERMINAL.has(row.state)) ? rows : null;
  });
  const cast = await db.select().from(votes).where(eq(votes.planHash, plan.planHash));
  const ledger = await verifyLedger(sql);
  return [
    {
      name: "a click was not enough for a large hedge",
      held: click?.ok === false && click.text.includes("passkey"),
      detail: click?.text ?? "there was no button",
    },
    {
      name: "two persons approved it with their passkeys, and not the one who asked",
      held: cast.length === 2 && cast.every((vote) => vote.stepUp && vote.person !== ASKS),
      detail: cast.map((vote) => vote.person).join(" and ") || "nobody",
    },
    {
      name: "the large hedge was sent once it was approved",
      held: sent !== null,
      detail: sent?.map((row) => `${row.symbol} ${row.state}`).join(", ") ?? "no order ended within a minute",
    },
    { name: "the ledger verifies after it", held: ledger.ok, detail: ledger.text },
  ];
}
