import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { deribit } from "../../fakes/exchanges/deribit.ts";
import { rigs, wordId } from "./rig.ts";

venueContract("deribit", CAPABILITIES.deribit, rigs("deribit", deribit, "BTC/USD:BTC", wordId));
