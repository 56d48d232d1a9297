import type { AccessAction } from "../kernel/access.ts";
import { detector } from "./detector.ts";
import { NOTHING, firing } from "./finding.ts";

const params = {
  stormMs: {
    default: 3_600_000,
    unit: "ms",
    about: "A key or address changed this soon after an unknown login is critical",
  },
} as const;

/** How grave each event is alone, and its words; logins from a known place, taken or refused, are none. */
const EVENTS: Readonly<Record<AccessAction, { readonly score: number; readonly words: string }>> = {
  login: { score: 0.55, words: "login from an unknown place" },
  "login-refused": { score: 0.5, words: "login refused, from an unknown place" },
  "credentials-changed": { score: 0.75, words: "credentials changed" },
  "key-created": { score: 0.7, words: "API key created" },
  "key-changed": { score: 0.7, words: "API key changed" },
  "key-addresses": { score: 0.75, words: "addresses of an API key changed" },
  "key-deleted": { score: 0.55, words: "API key deleted" },
  "address-added": { score: 0.75, words: "withdrawal address added" },
  withdrawal: { score: 0.6, words: "withdrawal" },
};

const isLogin = (action: AccessAction): boolean => action === "login" || action === "login-refused";

/** Logins from unknown places, and changes of credentials, API keys and withdrawal addresses. */
export const accessEvents = detector(
  {
    name: "access-events",
    title: "Access to an account changed",
    alert: "account.access",
    stream: ["access"],
    scope: "all",
    params,
    source: "own; the order of events in account take-overs",
  },
  {
    init: () => ({ unknownLogins: new Map<string, number>() }),
    step(state, event, p) {
      const { account, action, actor, origin, known, at, detail = "", entry } = event;
      if (isLogin(action) && known) return NOTHING;
      // A person of the desk and an account may bear the same name.
      const key = `${event.market.venue} ${account}`;
      const never = Number.NEGATIVE_INFINITY;
      const strangerAt = Math.max(state.unknownLogins.get(key) ?? never, event.strangerAt ?? never);
      if (action === "login") state.unknownLogins.set(key, at);
      const after = !isLogin(action) && at - strangerAt <= p.stormMs;
      const { score, words } = EVENTS[action];
      const evidence = {
        ...(event.market.venue === "console" ? { person: account } : { account }),
        action,
        actor,
        origin,
        knownOrigin: known,
        ...(detail === "" ? {} : { detail }),
        // Recordings from before it have none.
        ...(entry === undefined ? {} : { entry }),
        ...(after ? { afterUnknownLoginMs: at - strangerAt } : {}),
      };
      const what = detail === "" ? words : `${words} (${detail})`;
      return [
        firing(
          event,
          after ? 0.9 : score,
          `${account}: ${what}${after ? ", soon after an unknown login" : ""}`,
          evidence,
        ),
      ];
    },
  },
);
