import { DeskError } from "../kernel/errors.ts";
import { accessEvents } from "./access-events.ts";
import { adlRisk } from "./adl-risk.ts";
import { arbitrageBasis } from "./arbitrage-basis.ts";
import { arbitrageFunding } from "./arbitrage-funding.ts";
import { arbitrageParity } from "./arbitrage-parity.ts";
import { arbitrageTriangular } from "./arbitrage-triangular.ts";
import { basisDislocation } from "./basis-dislocation.ts";
import { concentration } from "./concentration.ts";
import type { Detector } from "./detector.ts";
import { fatFinger } from "./fat-finger.ts";
import { fundingDislocation } from "./funding-dislocation.ts";
import { liquidationCascade } from "./liquidation-cascade.ts";
import { liquidityEvaporation } from "./liquidity-evaporation.ts";
import { momentumIgnition } from "./momentum-ignition.ts";
import { optionMispriced } from "./option-mispriced.ts";
import { ownHours } from "./own-hours.ts";
import { ownOrderRate } from "./own-order-rate.ts";
import { ownOrderSize } from "./own-order-size.ts";
import { ownSymbol } from "./own-symbol.ts";
import { priceDislocation } from "./price-dislocation.ts";
import { priceJump } from "./price-jump.ts";
import { pumpAndDump } from "./pump-and-dump.ts";
import { quoteStuffing } from "./quote-stuffing.ts";
import { repeatedRejects } from "./repeated-rejects.ts";
import { selfCrossing } from "./self-crossing.ts";
import { spoofing } from "./spoofing.ts";
import { stablecoinDepeg } from "./stablecoin-depeg.ts";
import { staleFeed } from "./stale-feed.ts";
import { surfaceArbitrage } from "./surface-arbitrage.ts";
import { venueOutage } from "./venue-outage.ts";
import { volatilityRegime } from "./volatility-regime.ts";
import { washTrading } from "./wash-trading.ts";

/** Every detector the program ships, by name. */
export const DETECTORS: readonly Detector[] = [
  accessEvents,
  adlRisk,
  arbitrageBasis,
  arbitrageFunding,
  arbitrageParity,
  arbitrageTriangular,
  basisDislocation,
  concentration,
  fatFinger,
  fundingDislocation,
  liquidationCascade,
  liquidityEvaporation,
  momentumIgnition,
  optionMispriced,
  ownHours,
  ownOrderRate,
  ownOrderSize,
  ownSymbol,
  priceDislocation,
  priceJump,
  pumpAndDump,
  quoteStuffing,
  repeatedRejects,
  selfCrossing,
  spoofing,
  stablecoinDepeg,
  staleFeed,
  surfaceArbitrage,
  venueOutage,
  volatilityRegime,
  washTrading,
];

/**
 * The detectors of these names; all where none is named.
 * @throws DeskError INPUT_INVALID for a name that is none
 */
export function detectorsNamed(names: readonly string[] = []): readonly Detector[] {
  if (names.length === 0) return DETECTORS;
  return names.map((name) => {
    const found = DETECTORS.find((one) => one.name === name);
    if (found) return found;
    throw new DeskError(
      "INPUT_INVALID",
      `"${name}" is no detector; there are ${DETECTORS.map((one) => one.name).join(", ")}`,
    );
  });
}
