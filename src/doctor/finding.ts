/** OK: as it should be. CAUTION: works, and should not stay so. LIMITED: something is unavailable, the rest works. MISSING: needed, and not there. */
export type Verdict = "OK" | "CAUTION" | "LIMITED" | "MISSING";

/** What one look at the machine found. */
export interface Finding {
  readonly subject: string;
  readonly verdict: Verdict;
  /** What is there, or what is not, what then is unavailable, and what to do. */
  readonly text: string;
}
