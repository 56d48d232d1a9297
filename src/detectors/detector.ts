import type { EventKind, EventOf, Market } from "./event.ts";
import type { Finding } from "./finding.ts";

/** One setting of a detector. */
export interface Param {
  readonly default: number;
  /** "ms", "ratio", "bps", "σ", "count", "usd", "times": what the number counts. */
  readonly unit: "ms" | "ratio" | "bps" | "sigma" | "count" | "usd" | "times" | "hour";
  readonly about: string;
}

export type Params = Readonly<Record<string, Param>>;
/** The settings' values. */
export type Values<P extends Params> = { readonly [Name in keyof P]: number };

/** Whose events share one state: an instrument's, a coin's over all venues, a venue's, one account's, or all. */
export type Scope = "market" | "asset" | "venue" | "all";

/** A detector's head: everything about it but its step. */
export interface Head<Kind extends EventKind, P extends Params> {
  /** Kebab-case, permanent. */
  readonly name: string;
  readonly title: string;
  /** The alert's kind, dotted. */
  readonly alert: string;
  readonly stream: readonly Kind[];
  readonly scope: Scope;
  /** Whether it looks at a market at all, asked once for each; all of them where it is left out. */
  readonly concerns?: (market: Market) => boolean;
  readonly params: P;
  /** Where the method comes from: a paper, a rule book, or our own. */
  readonly source: string;
}

/** A detector's body. `step` is a pure function of its own state: it changes nothing else and reads no clock. */
export interface Body<Kind extends EventKind, P extends Params, State> {
  /** A fresh state. */
  readonly init: (params: Values<P>) => State;
  /** Returns NOTHING almost always; must not keep the event, which is borrowed. */
  readonly step: (state: State, event: EventOf<Kind>, params: Values<P>) => readonly Finding[];
}

/** A detector whose types were forgotten, so that different ones fit one list. */
export interface Detector {
  readonly name: string;
  readonly title: string;
  readonly alert: string;
  readonly stream: readonly EventKind[];
  readonly scope: Scope;
  readonly concerns?: (market: Market) => boolean;
  readonly params: Params;
  readonly source: string;
  readonly init: (params: Values<Params>) => unknown;
  readonly step: (state: never, event: never, params: Values<Params>) => readonly Finding[];
}

/** Defines a detector: a declarative head and a pure step. */
export const detector = <Kind extends EventKind, const P extends Params, State>(
  head: Head<Kind, P>,
  body: Body<Kind, P, State>,
): Detector => ({ ...head, init: body.init as Detector["init"], step: body.step as unknown as Detector["step"] });

/** The settings' defaults, with those given put over them. */
export function valuesOf(params: Params, given: Readonly<Record<string, number>> = {}): Record<string, number> {
  return Object.fromEntries(Object.entries(params).map(([name, param]) => [name, given[name] ?? param.default]));
}
