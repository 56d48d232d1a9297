import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { openRig, wordId } from "./rig.ts";

venueContract("binanceusdm", CAPABILITIES.binanceusdm, () =>
  openRig("binanceusdm", binanceusdm, "BTC/USDT:USDT", wordId),
);
