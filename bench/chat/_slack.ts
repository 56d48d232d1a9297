import type { Card } from "../../src/chat/card.ts";
import type { Inbound } from "../../src/chat/surface.ts";
import { freshDatabase } from "../control/_database.ts";

/** A fake Slack with channels, a surface on it and a fresh database; nothing of it is measured. */
export async function slackDesk(channels: number, mode: "socket" | "http", inbound: Inbound) {
  const { openFakeSlack } = await import("../../test/fakes/slack/server.ts");
  const { slackOn, until } = await import("../../test/chat/slack/driver.ts");
  const { sampleCard } = await import("../../test/chat/hostile.ts");
  const fresh = await freshDatabase();
  const { database } = fresh;
  const fake = await openFakeSlack();
  for (let at = 0; at < channels; at += 1) fake.desk.channels.set(`C${at}`, { member: true });
  const surface = slackOn(fake, { mode });
  await surface.start(inbound);
  await until(() => surface.health().state === "up");
  const versions = new Map<string, number>();
  const cardOf = async (incident: string): Promise<Card> => ({
    ...sampleCard,
    incident,
    version: versions.get(incident) ?? 1,
  });
  return {
    fake,
    surface,
    database,
    versions,
    cardOf,
    until,
    async close() {
      await surface.stop();
      await fake.close();
      await fresh.stop();
    },
  };
}

/** For surfaces whose clicks are not measured. */
export const deaf: Inbound = {
  receive: async () => ({ reply: Promise.resolve({ ok: true, text: "" }) }),
  complete: async () => [],
};

/** The value below which this share of the sorted values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
