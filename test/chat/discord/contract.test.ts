// Slack's library takes the place of Node's HTTP client in the whole process; a desk on both platforms has it beside.
import "@slack/bolt";
import { surfaceContract } from "../../contract/surface.ts";
import { discordDriver } from "./driver.ts";

surfaceContract("Discord", discordDriver);
