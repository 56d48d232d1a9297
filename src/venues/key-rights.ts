/** What a venue says of the API key that an account is reached with; null where it does not say. */
export interface KeyRights {
  readonly withdraws: boolean | null;
  /** Whether the key works from named network addresses only. */
  readonly addressBound: boolean | null;
}

/** What is dangerous in a key, one clause for people each; empty where nothing is known to be. */
export function keyProblems({ withdraws, addressBound }: KeyRights): readonly string[] {
  return [
    ...(withdraws === true ? ["it can withdraw"] : []),
    ...(addressBound === false ? ["it works from any network address"] : []),
  ];
}
