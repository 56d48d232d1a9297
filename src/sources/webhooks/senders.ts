import { alertmanager } from "./alertmanager.ts";
import { generic } from "./generic.ts";
import { tradingview } from "./tradingview.ts";

/** Every kind of sender, one file each. A new one is its file and one word here. */
export const SENDERS = [alertmanager, generic, tradingview] as const;
