import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { rigs, wordId } from "./rig.ts";

venueContract("binanceusdm", CAPABILITIES.binanceusdm, rigs("binanceusdm", binanceusdm, "BTC/USDT:USDT", wordId));
