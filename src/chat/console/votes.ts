import { type Markup, NOTHING, moment, table, words } from "./markup.ts";

/** One person's vote as pages show it. */
export interface VoteLine {
  readonly person: string;
  readonly decision: "approve" | "deny";
  readonly surface: string;
  /** Whether a passkey was touched for it. */
  readonly stepUp: boolean;
  /** ISO 8601. */
  readonly at: string;
}

/** Who voted, as a table; nothing where nobody did. */
export const votesTable = (votes: readonly VoteLine[]): Markup =>
  votes.length === 0
    ? NOTHING
    : table(
        "Votes",
        ["Who", "What", "Where", "Passkey", "When"],
        votes.map((vote) => [
          words(vote.person),
          vote.decision === "approve" ? "approved" : "denied",
          words(vote.surface),
          vote.stepUp ? "yes" : "no",
          moment(vote.at),
        ]),
      );
