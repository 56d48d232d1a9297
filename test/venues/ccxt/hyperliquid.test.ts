import { CAPABILITIES } from "../../../src/venues/capabilities.ts";
import { venueContract } from "../../contract/venue.ts";
import { hyperliquid } from "../../fakes/exchanges/hyperliquid.ts";
import { openRig, hexId } from "./rig.ts";

venueContract("hyperliquid", CAPABILITIES.hyperliquid, () =>
  openRig("hyperliquid", hyperliquid, "BTC/USDC:USDC", hexId),
);
