/** Kinds of reports; apart from what makes them, so that the command line knows the words without loading it. */
export const REPORT_KINDS = ["orders", "rts6", "dora", "suspicious", "access"] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];
