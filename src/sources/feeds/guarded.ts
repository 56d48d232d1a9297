import type { Detector } from "../../detectors/detector.ts";
import { NOTHING } from "../../detectors/finding.ts";

/** The same detector, which falls silent at its first fault instead of taking the stream and its neighbours down with it. */
export function guarded(detector: Detector, onFault: (error: unknown) => void): Detector {
  const init = detector.init;
  const step = detector.step as unknown as (...args: readonly unknown[]) => ReturnType<Detector["step"]>;
  let off = false;
  const attempt = <T>(deed: () => T, otherwise: T): T => {
    if (off) return otherwise;
    try {
      return deed();
    } catch (error) {
      // Its state may be half changed: what it said from here on could not be believed.
      off = true;
      onFault(error);
      return otherwise;
    }
  };
  return {
    ...detector,
    init: (params) => attempt(() => init(params), {}),
    step: (state, event, params) => attempt(() => step(state, event, params), NOTHING),
  };
}
