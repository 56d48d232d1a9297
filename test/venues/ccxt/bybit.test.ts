import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { bybit } from "../../fakes/exchanges/bybit.ts";
import { rigs, wordId } from "./rig.ts";

venueContract("bybit", CAPABILITIES.bybit, rigs("bybit", bybit, "BTC/USDT:USDT", wordId));
