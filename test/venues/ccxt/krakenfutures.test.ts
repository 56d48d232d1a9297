import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { krakenfutures } from "../../fakes/exchanges/krakenfutures.ts";
import { openRig, wordId } from "./rig.ts";

venueContract("krakenfutures", CAPABILITIES.krakenfutures, () =>
  openRig("krakenfutures", krakenfutures, "BTC/USD:USD", wordId),
);
