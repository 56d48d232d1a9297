/** One person of the desk. */
export interface PersonRow {
  readonly person: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly links: readonly string[];
  readonly onCall: boolean;
}

/** A table of settings or rules, as they are in force; secrets are never among them. */
export interface SettingsView {
  readonly groups: readonly {
    readonly title: string;
    readonly rows: readonly { readonly label: string; readonly value: string }[];
  }[];
}
