/** 256 short words, one a byte, for fingerprints read aloud. */
export const WORDS: readonly string[] = (
  "able acid aged also area army away baby back ball band bank base bath bear beat " +
  "been bell belt best bird blow blue boat body bond bone book born boss bowl bulk " +
  "burn bush busy cake calm camp card care cart case cash cast cell chef chip city " +
  "clay club coal coat code cold cook cool copy corn cost crew crop dark data date " +
  "dawn days deal dear deep deer desk dial diet dish disk dock door dose down draw " +
  "drum dual duck dust duty each earn east easy edge epic even exam face fact farm " +
  "fast fawn film find fine firm fish five flag flat flow foam fold folk food foot " +
  "fork form fort four frog fuel full fund gain game gate gear gift girl give glad " +
  "goal goat gold golf good gray grid grow gulf hair half hall hand harp hawk heat " +
  "herb hero hill hint home hood hook horn host hour icon idea inch iron item jazz " +
  "jeep join jump jury keen kelp kept kick kind king kite knee knot lace lady lake " +
  "lamb lamp land lane last late lava lawn lead leaf left lens life lift like lime " +
  "line link lion list loan logo long look loop luck lung maid mail main make mall " +
  "many map mark mask meal meet melt menu mild mile milk mill mind mint mode moon " +
  "more moss moth much mule myth name navy neck nest news nine node noon nose note " +
  "oak oath obey odds open oval oven owl pace pack page palm park path peak pear"
).split(" ");
