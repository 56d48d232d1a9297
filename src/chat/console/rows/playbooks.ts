/** A playbook that is installed. */
export interface PlaybookRow {
  readonly name: string;
  readonly version: number;
  readonly title: string;
  readonly on: string;
  readonly needs: readonly string[];
  /** Whether the rules in force let it run. */
  readonly enabled: boolean;
}

/** One run of a playbook. */
export interface RunRow {
  readonly run: string;
  readonly playbook: string;
  readonly version: number;
  readonly incident: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly step: string | null;
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

/** A playbook's dry run: what each step would do, nothing sent. */
export interface DryRun {
  readonly ok: boolean;
  readonly text: string;
  readonly steps: readonly { readonly name: string; readonly note: string }[];
}
