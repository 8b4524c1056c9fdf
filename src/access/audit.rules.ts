/** Most ids of one entry; a bulk call names no more. */
export const AUDITED_OBJECTS_LIMIT = 10_000;

/** Something that was asked for and has to be accounted for. */
export interface AuditRecord {
  /** One of the API's verbs. */
  readonly verb: string;
  /** What it was done to; only the first 10,000 are kept. */
  readonly objectIds: readonly string[];
  /** FAILED: it was refused, and nothing was done. */
  readonly outcome?: "ACCEPTED" | "FAILED";
}
