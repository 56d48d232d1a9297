import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { type Door, type DoorParts, openDoor } from "../../src/policy/perform.ts";
import type { Database } from "../../src/db/client.ts";
import type { TestDesk } from "./control.ts";

/** What a test says of its door beside the desk behind it. */
interface Behind extends Partial<Pick<DoorParts, "sign" | "wake">> {
  readonly accounts: DoorParts["desk"]["accounts"];
  readonly venueOf: DoorParts["desk"]["venueOf"];
  /** The system's where left out. */
  readonly clock?: DoorParts["desk"]["clock"];
}

/** The door of a test desk that sends to the venues a test gives it; it hedges nothing, and plans live a quarter of an hour. */
export const testDoor = (database: Database, desk: TestDesk, behind: Behind): Door =>
  openDoor({
    database,
    desk: {
      accounts: behind.accounts,
      venueOf: behind.venueOf,
      clock: behind.clock ?? systemClock,
      collarBps: 150,
      hedger: { close: async () => {} } as never,
      planTtlMs: 900_000,
    },
    control: desk.control,
    sign: behind.sign ?? (async () => {}),
    wake: behind.wake ?? desk.wake,
    log: silentLog,
  });
