import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { okx } from "../../fakes/exchanges/okx.ts";
import { openRig, plainId } from "./rig.ts";

venueContract("okx", CAPABILITIES.okx, () => openRig("okx", okx, "BTC/USDT:USDT", plainId));
