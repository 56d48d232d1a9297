import { detector } from "./detector.ts";
import { NOTHING, firing } from "./finding.ts";

const params = {
  stormMs: {
    default: 3_600_000,
    unit: "ms",
    about: "A key or address changed this soon after an unknown login is critical",
  },
} as const;

/** How grave each event is alone; a login from a known place is none. */
const SCORES = {
  login: 0.55,
  "key-created": 0.7,
  "key-changed": 0.7,
  "key-deleted": 0.55,
  "address-added": 0.75,
  withdrawal: 0.6,
} as const;

/** Logins from unknown places, and changes of API keys and withdrawal addresses. */
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
      const { account, action, actor, origin, known, at } = event;
      if (action === "login" && known) return NOTHING;
      const strangerAt = state.unknownLogins.get(account);
      if (action === "login") state.unknownLogins.set(account, at);
      const after = action !== "login" && strangerAt !== undefined && at - strangerAt <= p.stormMs;
      const score = after ? 0.9 : SCORES[action];
      const evidence = {
        account,
        action,
        actor,
        origin,
        knownOrigin: known,
        ...(after ? { afterUnknownLoginMs: at - strangerAt } : {}),
      };
      const words = {
        login: "login from an unknown place",
        "key-created": "API key created",
        "key-changed": "API key changed",
        "key-deleted": "API key deleted",
        "address-added": "withdrawal address added",
        withdrawal: "withdrawal",
      }[action];
      return [firing(event, score, `${account}: ${words}${after ? ", soon after an unknown login" : ""}`, evidence)];
    },
  },
);
