/** What can be wrong with a session, a playback, a process or an event. */
export const AlertCode = {
  INPUT_LOST: "INPUT_LOST",
  FAILED_OVER: "FAILED_OVER",
  ERROR_THRESHOLD: "ERROR_THRESHOLD",
  ENCODER_RESTARTED: "ENCODER_RESTARTED",
  ENCODER_LOST: "ENCODER_LOST",
  OUTPUT_FAILED: "OUTPUT_FAILED",
  SLOW_ENCODING: "SLOW_ENCODING",
  NO_CAPACITY: "NO_CAPACITY",
  STORAGE_FULL: "STORAGE_FULL",
  URL_BLOCKED: "URL_BLOCKED",
  PROCESS_FAILED: "PROCESS_FAILED",
} as const;
export type AlertCode = (typeof AlertCode)[keyof typeof AlertCode];

export const AlertSeverity = { WARNING: "WARNING", ERROR: "ERROR" } as const;
export type AlertSeverity = (typeof AlertSeverity)[keyof typeof AlertSeverity];

/** Why an alert is not open any more. */
export const AlertEndReason = {
  RESOLVED: "RESOLVED",
  CLEARED: "CLEARED",
  SUBJECT_STOPPED: "SUBJECT_STOPPED",
  SUBJECT_DELETED: "SUBJECT_DELETED",
} as const;
export type AlertEndReason = (typeof AlertEndReason)[keyof typeof AlertEndReason];
