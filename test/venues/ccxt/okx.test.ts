import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { okx } from "../../fakes/exchanges/okx.ts";
import { rigs, plainId } from "./rig.ts";

venueContract("okx", CAPABILITIES.okx, rigs("okx", okx, "BTC/USDT:USDT", plainId));
