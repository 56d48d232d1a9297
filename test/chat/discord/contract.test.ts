import { surfaceContract } from "../../contract/surface.ts";
import { discordDriver } from "./driver.ts";

surfaceContract("Discord", discordDriver);
