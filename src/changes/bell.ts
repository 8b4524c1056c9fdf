/** Wakes those who read the change log, in every process. Rings are put together, and carry nothing: the log has it all. */
export interface Bell {
  /** Something was committed that readers should look at. */
  readonly ring: () => void;
}

/** The PostgreSQL channel that the bell rings on. */
export const BELL_CHANNEL = "headend_changes";
