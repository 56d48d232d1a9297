import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { deribit } from "../../fakes/exchanges/deribit.ts";
import { openRig, wordId } from "./rig.ts";

venueContract("deribit", CAPABILITIES.deribit, () => openRig("deribit", deribit, "BTC/USD:BTC", wordId));
