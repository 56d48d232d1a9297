import { surfaceContract } from "../../contract/surface.ts";
import { slackDriver } from "./driver.ts";

surfaceContract("Slack", slackDriver);
