import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { krakenfutures } from "../../fakes/exchanges/krakenfutures.ts";
import { rigs, wordId } from "./rig.ts";

venueContract("krakenfutures", CAPABILITIES.krakenfutures, rigs("krakenfutures", krakenfutures, "BTC/USD:USD", wordId));
