import { detector } from "./detector.ts";
import { NOTHING, firing, scoreOf } from "./finding.ts";
import { type Decayed, createDecayed, learn, sigma } from "./stats.ts";

const MEMORY_MS = 30 * 86_400_000;

const params = {
  sigmas: { default: 6, unit: "sigma", about: "Standard deviations of the size's logarithm above the account's usual" },
  times: { default: 4, unit: "times", about: "And at least this many times the usual size" },
  learn: {
    default: 20,
    unit: "count",
    about: "Orders seen before anything is said, and unusual ones in a row after which they are the usual",
  },
} as const;

interface Sizes {
  /** Logarithms of the sizes that are usual. */
  usual: Decayed;
  /** Those of the unusual ones since the last usual one: what may become the usual. */
  lately: Decayed;
}

/** An order is far larger than those this account usually sends in this instrument. */
export const ownOrderSize = detector(
  {
    name: "own-order-size",
    title: "Unusual order size",
    alert: "own.order-size",
    stream: ["order"],
    scope: "market",
    params,
    source: "own; SEC 15c3-5 erroneous order controls",
  },
  {
    init: () => ({ accounts: new Map<string, Sizes>() }),
    step(state, event, p) {
      if (event.state !== "placed" || !(event.size > 0)) return NOTHING;
      const sizes = state.accounts.get(event.account) ?? { usual: createDecayed(), lately: createDecayed() };
      state.accounts.set(event.account, sizes);
      const { usual } = sizes;
      const size = Math.log(event.size);
      const times = Math.exp(size - usual.mean);
      // Sizes that are always the same have no deviation: a tenth stands in for it.
      const sigmas = (size - usual.mean) / Math.max(sigma(usual), 0.1);
      const score = usual.count < p.learn ? 0 : Math.min(scoreOf(sigmas, p.sigmas), scoreOf(times, p.times));
      if (score < 0.5) {
        learn(usual, size, event.at, MEMORY_MS);
        if (sizes.lately.count > 0) sizes.lately = createDecayed();
        return NOTHING;
      }
      learn(sizes.lately, size, event.at, MEMORY_MS);
      if (sizes.lately.count >= p.learn) {
        sizes.usual = sizes.lately;
        sizes.lately = createDecayed();
      }
      const evidence = {
        account: event.account,
        order: event.id,
        size: event.size,
        usualSize: Math.exp(usual.mean),
        timesUsual: times,
        sigmas,
      };
      return [
        firing(
          event,
          score,
          `${event.account} placed ${times.toFixed(0)} times its usual size in ${event.market.instrument}`,
          evidence,
        ),
      ];
    },
  },
);
