import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { hyperliquid } from "../../fakes/exchanges/hyperliquid.ts";
import { rigs, hexId } from "./rig.ts";

venueContract("hyperliquid", CAPABILITIES.hyperliquid, rigs("hyperliquid", hyperliquid, "BTC/USDC:USDC", hexId));
