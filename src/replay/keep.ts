import path from "node:path";
import type { MarketEvent } from "../detectors/event.ts";
import type { Clock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import { type Recorder, createRecorder } from "./recorder.ts";
import type { Place } from "./view/library.ts";

/** A recording that goes on until it is stopped, whatever the disk does. */
export interface Recording {
  /** Takes an event in; it is on disk within a second. */
  take(event: MarketEvent): void;
  /** `lost` counts events that came while the disk could not be written. */
  counts(): { readonly events: number; readonly bytes: number; readonly segments: number; readonly lost: number };
  /** Writes what was taken. */
  stop(): Promise<void>;
}

/** What a recording is made of. */
export interface RecordingOptions {
  readonly folder: string;
  /** Oldest segments are deleted before all together exceed this. */
  readonly mostBytes: number;
  /** More waiting for the disk than this is taken for a failure of it, before it costs the memory; 64 MB by default. */
  readonly mostWaiting?: number;
  readonly clock: Clock;
  /** Told in one sentence that the disk failed; a new segment is tried a minute later. */
  readonly onTrouble: (sentence: string) => void;
}

/** Where a desk keeps its recordings. */
export const recordingsOf = (home: string): string => path.join(home, "recordings");

/** Where the console finds recordings: the desk's own, and a folder of others where one is named. */
export const recordingPlaces = (home: string, library: string | undefined): readonly Place[] => [
  { prefix: "", folder: recordingsOf(home) },
  ...(library === undefined ? [] : [{ prefix: "library:", folder: path.resolve(library) }]),
];

const FLUSH_MS = 1_000;
const AGAIN_MS = 60_000;

/** Records into a folder and flushes every second: what a kill costs at most. */
export async function keepRecording(options: RecordingOptions): Promise<Recording> {
  const { folder, mostBytes, mostWaiting = 64 * 1_048_576, clock, onTrouble } = options;
  let recorder: Recorder | undefined;
  let againAt = 0;
  const before = { events: 0, bytes: 0, segments: 0 };
  let lost = 0;

  const counts = (): ReturnType<Recording["counts"]> => {
    const now = recorder?.counts() ?? { events: 0, bytes: 0, segments: 0 };
    return {
      events: before.events + now.events,
      bytes: before.bytes + now.bytes,
      segments: before.segments + now.segments,
      lost,
    };
  };
  const troubled = async (error: unknown): Promise<void> => {
    const { events, bytes, segments } = counts();
    Object.assign(before, { events, bytes, segments });
    const broken = recorder;
    recorder = undefined;
    againAt = clock.now().getTime() + AGAIN_MS;
    onTrouble(`${folder} could not be written (${messageOf(error)}); free space, or check who may write there`);
    // Its file is closed; that it cannot be written was told above.
    if (broken) await Promise.allSettled([broken[Symbol.asyncDispose]()]);
  };
  const attend = async (): Promise<void> => {
    try {
      if (recorder) await recorder.flush();
      else if (clock.now().getTime() >= againAt) recorder = await createRecorder(folder, { mostBytes });
    } catch (error) {
      await troubled(error);
    }
  };
  await attend();
  const stopFlushing = clock.every(FLUSH_MS, attend);
  return {
    counts,
    take(event) {
      if (recorder && recorder.waiting() > mostWaiting) void troubled(new Error("the disk takes it too slowly"));
      if (recorder) recorder.take(event);
      else lost += 1;
    },
    async stop() {
      stopFlushing();
      const last = recorder;
      if (!last) return;
      try {
        await last[Symbol.asyncDispose]();
      } catch (error) {
        await troubled(error);
      }
    },
  };
}
