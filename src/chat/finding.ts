/** One thing that was looked at. `warn` is worth a look, `bad` keeps the surface from working; `detail` says what to do. */
export interface Finding {
  readonly what: string;
  readonly state: "good" | "warn" | "bad";
  readonly detail: string;
}
