import { surfaceContract } from "../../contract/surface.ts";
import { consoleDriver } from "./driver.ts";

const NO_POSTS = "the console draws the desk's rows: there is no message that could be lost, refused or deleted";
surfaceContract("The console", consoleDriver, {
  S04: NO_POSTS,
  S05: NO_POSTS,
  S06: NO_POSTS,
  S07: NO_POSTS,
  S08: NO_POSTS,
  S11: "a press decides at once there; a reason is given by command, /deny INC-7 why",
  S14: "a token that is not one of ours is refused before it is stored; test/chat/console/server.test.ts",
  S15: "lines stand in the incident's timeline, which its backend gives",
  S17: "it lives as long as the process",
});
