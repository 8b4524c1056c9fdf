/** Most ids of one entry; what names more is kept as several. */
export const AUDITED_OBJECTS_LIMIT = 10_000;

/** Something that was asked for and has to be accounted for. */
export interface AuditRecord {
  /** One of the API's verbs. */
  readonly verb: string;
  /** What it was done to. */
  readonly objectIds: readonly string[];
  /** FAILED: it was refused, and nothing was done. */
  readonly outcome?: "ACCEPTED" | "FAILED";
}
