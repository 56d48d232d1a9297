import { z } from "zod";
import { type Json, digest } from "../../kernel/canonical.ts";
import { SEVERITIES } from "../../kernel/alert.ts";
import { isDecimal } from "../../kernel/decimal.ts";
import { ACTIONS } from "../../kernel/plan.ts";
import type { Rotas } from "./rota.ts";
import { TIERS } from "./tiers.ts";

/** What a person may be; a role names a duty, never a chat name. */
export const ROLES = [
  "viewer",
  "requester",
  "trader",
  "risk",
  "compliance",
  "operator",
  "policy-admin",
  "break-glass",
] as const;
export type Role = (typeof ROLES)[number];

/** The rolling windows that are counted. */
export const WINDOWS = ["1m", "1h", "24h"] as const;
export type Window = (typeof WINDOWS)[number];

const amount = z
  .string()
  .refine((text) => isDecimal(text) && !text.startsWith("-"), "write a plain decimal in quotes, such as '250000'");
const duration = z.string().regex(/^\d{1,5}[smhd]$/, "write 90s, 5m, 24h or 7d");
const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "write lower-case words with hyphens, such as hedge-small");
const role = z.enum(ROLES);
const some = <T extends z.ZodType>(one: T) => z.array(one).min(1);

/** People by id: who they are and what they may be asked. */
export const peopleSchema = z
  .record(
    slug,
    z.strictObject({
      name: z.string().min(1).max(80).describe("The person's name, for cards"),
      roles: z.array(role).describe("What this person may do; roles never come from chat"),
      slack: z.string().optional().describe("Slack team and user id, such as T012AB3CD/U045EF6GH"),
      discord: z.string().optional().describe("Discord user id"),
      oidc: z
        .strictObject({ issuer: z.url(), subject: z.string().min(1).max(255) })
        .optional()
        .describe("Who this person is at the OpenID provider: its issuer, and the subject that never changes"),
      page: z.string().optional().describe("Where a page reaches this person"),
    }),
  )
  .describe("People by id");

const limitFields = z.strictObject({
  per: z.enum(["order", "plan", "person", "playbook", "source", "account", "venue", "instrument", "firm"]),
  measure: z
    .enum([
      "notionalUsd",
      "quantity",
      "orders",
      "messages",
      "openOrders",
      "leverage",
      "collarBps",
      "slippageBps",
      "lossUsd",
    ])
    .describe(
      "What is counted; quantity, collarBps and slippageBps per order; openOrders, leverage and lossUsd (of the UTC day, realised and open) per account",
    ),
  window: z
    .enum(WINDOWS)
    .optional()
    .describe("Rolling window; absent for one order, one plan or the account's present state"),
  max: amount.describe("The largest value allowed; orders with an unknown outcome count as filled"),
});

const COUNTED = {
  order: ["notionalUsd", "quantity", "collarBps", "slippageBps"],
  plan: ["notionalUsd", "orders", "messages"],
  present: ["openOrders", "leverage", "lossUsd"],
  window: ["notionalUsd", "orders", "messages"],
} as const;

/** What can be counted where; a limit that could never speak is refused rather than ignored. */
function countable({ per, measure, window }: z.infer<typeof limitFields>): boolean {
  if (per === "order" || per === "plan") return window === undefined && listed(COUNTED[per], measure);
  if (window !== undefined) return listed(COUNTED.window, measure);
  return per === "account" && listed(COUNTED.present, measure);
}
const listed = (list: readonly string[], word: string): boolean => list.includes(word);
const UNCOUNTABLE = {
  message:
    "this cannot be counted: per order notionalUsd, quantity, collarBps, slippageBps; per plan notionalUsd, orders, messages; " +
    "per account openOrders, leverage, lossUsd; all else notionalUsd, orders or messages with a window",
};
const limit = limitFields.refine(countable, UNCOUNTABLE);

const match = z
  .strictObject({
    actions: some(z.enum(ACTIONS)).optional(),
    effects: some(z.enum(["reduce", "increase", "neutral"]))
      .optional()
      .describe("Computed from the orders, not from what the plan says"),
    environments: some(z.enum(["paper", "live"])).optional(),
    venues: some(z.string()).optional(),
    accounts: some(z.string()).optional(),
    instruments: some(z.string())
      .optional()
      .describe("Unified symbols; the rule is about plans that touch any of them"),
    by: z
      .strictObject({
        people: some(slug).optional(),
        roles: some(role).optional(),
        playbooks: some(z.string()).optional().describe("Names, or * for all"),
        services: some(z.string()).optional().describe("Schedules and programs, or * for all"),
      })
      .optional()
      .describe("Who asks: any of these"),
    trust: some(z.enum(["internal", "signed", "unsigned"])).optional(),
    sources: some(z.string()).optional(),
    severities: some(z.enum(SEVERITIES)).optional(),
    notionalUsdOver: amount.optional().describe("Only plans above this notional"),
    scopes: some(z.string()).optional().describe("For freezes: firm, venue, account, instrument, playbook, person"),
  })
  .default({});

const conditions = z
  .strictObject({
    during: z
      .strictObject({
        zone: z.string().describe("IANA zone, such as Europe/Zurich"),
        days: some(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])).optional(),
        from: z.string().regex(/^\d\d:\d\d$/),
        to: z.string().regex(/^\d\d:\d\d$/),
        except: z.array(z.iso.date()).optional().describe("Days the calendar closes"),
      })
      .optional(),
    pricesAgreeBps: amount.optional().describe("Two or more sources of every instrument lie within this distance"),
    onCall: z
      .boolean()
      .optional()
      .describe(
        "The person who asks, or who began the playbook that asks, is on call by a rota in force; without rotas not known",
      ),
    deadManArmed: z
      .boolean()
      .optional()
      .describe("The venue cancels the account's orders by itself where the desk falls silent (accounts.<id>.deadMan)"),
    reconcilerHealthy: z
      .boolean()
      .optional()
      .describe(
        "The account's figures are fresh, no order's outcome is unknown, and desk and venue hold the same orders open",
      ),
  })
  .default({});

const quorum = z.strictObject({
  people: z.int().min(1).max(9).describe("Distinct persons who must approve; never the one who asks"),
  roles: z.array(role).default([]).describe("Roles that must be among them, each by another person"),
  from: some(role).default(["trader", "risk"]).describe("Roles that may approve at all"),
  stepUp: z.boolean().default(false).describe("A chat click is not enough: passkey and typed notional in the console"),
  within: duration.default("15m").describe("Time to decide, by the database's clock"),
});

const outcome = z.union([
  z.literal("deny"),
  z.literal("allow"),
  z.strictObject({ hold: duration.describe("Not before this long after the plan was proposed") }),
  z.strictObject({ quorum }),
]);

const rule = z.strictObject({
  name: slug,
  title: z.string().max(160).optional().describe("What the rule is for, in one sentence"),
  tier: z.enum(TIERS).optional(),
  match,
  when: conditions.describe("Facts that must hold; a fact that is not known denies"),
  limits: z.array(limit).default([]),
  says: outcome,
  beyond: outcome.default("deny").describe("What holds once a limit is passed"),
});

/** The rules of the desk. All are evaluated; the most restrictive outcome wins; nothing matching is a deny. */
export const policySchema = z
  .strictObject({
    hard: z
      .array(
        limitFields
          .extend({
            environments: some(z.enum(["paper", "live"])).optional(),
            effects: some(z.enum(["reduce", "increase", "neutral"])).optional(),
          })
          .refine(countable, UNCOUNTABLE),
      )
      .default([])
      .describe("Caps that no quorum can pass"),
    rules: z.array(rule).min(1),
    collar: z
      .strictObject({
        minSources: z.int().min(1).max(9).default(2).describe("Independent price sources asked again at the send"),
        maxAge: duration.default("10s"),
        maxDisagreementBps: amount.default("100"),
      })
      .default({ minSources: 2, maxAge: "10s", maxDisagreementBps: "100" }),
    throttle: z
      .strictObject({
        runs: z.int().min(1).max(10_000).default(20),
        window: z.enum(WINDOWS).default("1h"),
      })
      .default({ runs: 20, window: "1h" })
      .describe("A playbook that traded in this many runs within the window is switched off until people looked"),
    attention: z
      .strictObject({ approvalsPerHour: z.int().min(1).max(10_000).default(30) })
      .default({ approvalsPerHour: 30 })
      .describe("Who approved this many times within an hour approves no more for a while; denials always count"),
    incompatibleRoles: z.array(z.tuple([role, role])).default([]),
    change: z
      .strictObject({
        people: z.int().min(2).max(9).default(2),
        roles: z.array(role).default(["risk", "policy-admin"]),
        timeLock: duration.default("1h"),
      })
      .default({ people: 2, roles: ["risk", "policy-admin"], timeLock: "1h" })
      .describe("What a change of these rules needs, beyond the quorum that it loosens"),
  })
  .superRefine((policy, context) => {
    const seen = new Set<string>();
    for (const [index, one] of policy.rules.entries()) {
      if (seen.has(one.name))
        context.addIssue({
          code: "custom",
          path: ["rules", index, "name"],
          message: `${one.name} is the name of two rules`,
        });
      seen.add(one.name);
    }
  })
  .describe("Rules of the desk");

export type People = z.infer<typeof peopleSchema>;
export type Policy = z.infer<typeof policySchema>;
export type Rule = Policy["rules"][number];
export type Limit = Rule["limits"][number];
export type RuleOutcome = Rule["says"];
export type QuorumRule = z.infer<typeof quorum>;

/** The rules, the people they are about, who of them is on call when, and the playbooks that must not run: published, versioned and approved as one. */
export interface PolicyDocument {
  readonly policy: Policy;
  readonly people: People;
  /** Names of playbooks that are switched off; none where left out. */
  readonly playbooksOff?: readonly string[];
  /** On-call rotas by name; none where left out. */
  readonly rotas?: Rotas;
}

/** The version's name: SHA-256 of the canonical document. Chat ids and names are not part of who may do what. */
export const versionOf = (document: PolicyDocument): string => digest(rightsOf(document));

/**
 * What of the document gives or takes rights: the policy, each person's roles in order, what is switched off, and the
 * rotas. The last two are left out where there are none, as versions from before they were kept leave them out.
 */
export const rightsOf = ({ policy, people, playbooksOff = [], rotas = {} }: PolicyDocument) => ({
  policy: JSON.parse(JSON.stringify(policy)) as Json,
  people: Object.fromEntries(Object.entries(people).map(([id, one]) => [id, [...new Set(one.roles)].sort()])),
  ...(playbooksOff.length === 0 ? {} : { playbooksOff: [...new Set(playbooksOff)].sort() }),
  ...(Object.keys(rotas).length === 0 ? {} : { rotas: JSON.parse(JSON.stringify(rotas)) as Json }),
});
