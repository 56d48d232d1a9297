import { readBinance } from "./binanceusdm.ts";
import { readBybit } from "./bybit.ts";
import { readDeribit } from "./deribit.ts";
import { readOkx } from "./okx.ts";
import type { StreamContext, StreamReading, StreamVenue } from "./reading.ts";

const READERS = {
  binanceusdm: readBinance,
  bybit: readBybit,
  okx: readOkx,
  deribit: readDeribit,
} as const satisfies Record<StreamVenue, (raw: unknown, context: StreamContext) => readonly StreamReading[]>;

/**
 * What one message of an account's private stream means: alerts, changes of state, a control message, or a refusal with its
 * reason; at least one. Streams are hints: a change of state says what to read again.
 * @param raw the parsed JSON of the message; anything may come in, nothing is thrown for it
 */
export function readAccountStream(venue: StreamVenue, raw: unknown, context: StreamContext): readonly StreamReading[] {
  const readings = READERS[venue](raw, context);
  // An account without positions or orders is told of by an empty list.
  return readings.length > 0 ? readings : [{ kind: "control", what: "nothing in it" }];
}
