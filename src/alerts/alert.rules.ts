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

/** Who knows of a cause: the one that runs the session, or the reaper when nobody does. */
export type AlertTeller = "RUNNER" | "REAPER";

export interface AlertFacts {
  /** What its severity is unless whoever tells of it knows better. */
  readonly usualSeverity: AlertSeverity;
  /** ONGOING: ends by itself once its cause is gone for a while. MOMENTARY: has happened, and stays open until somebody clears it. */
  readonly nature: "ONGOING" | "MOMENTARY";
  readonly toldBy: AlertTeller;
  /** What an operator should do, in one sentence. */
  readonly recommendedAction: string;
}

export const ALERT_FACTS: Readonly<Record<AlertCode, AlertFacts>> = {
  INPUT_LOST: {
    usualSeverity: "ERROR",
    nature: "ONGOING",
    toldBy: "RUNNER",
    recommendedAction: "Check the source and the network on the way from it; the session goes on by itself once the signal is back.",
  },
  FAILED_OVER: {
    usualSeverity: "WARNING",
    nature: "ONGOING",
    toldBy: "RUNNER",
    recommendedAction: "Repair path A. The session goes back to it after the recovery interval, or when you switch it by hand.",
  },
  ERROR_THRESHOLD: {
    usualSeverity: "WARNING",
    nature: "ONGOING",
    toldBy: "RUNNER",
    recommendedAction: "Look for packet loss between the source and the encoder, or switch to the other path.",
  },
  ENCODER_RESTARTED: {
    usualSeverity: "WARNING",
    nature: "MOMENTARY",
    toldBy: "RUNNER",
    recommendedAction: "The output was interrupted for a moment. If it happens again, look at the input and the ladder; then clear this.",
  },
  ENCODER_LOST: {
    usualSeverity: "WARNING",
    nature: "MOMENTARY",
    toldBy: "REAPER",
    recommendedAction: "Another encoder takes the session over. Look after the machine that was lost; then clear this.",
  },
  OUTPUT_FAILED: {
    usualSeverity: "ERROR",
    nature: "ONGOING",
    toldBy: "RUNNER",
    recommendedAction: "Check the receiver and its address; the output is fed again by itself once the receiver is back.",
  },
  SLOW_ENCODING: {
    usualSeverity: "WARNING",
    nature: "ONGOING",
    toldBy: "RUNNER",
    recommendedAction: "Run fewer sessions on this encoder, or use a template with fewer or smaller renditions.",
  },
  NO_CAPACITY: {
    usualSeverity: "WARNING",
    nature: "ONGOING",
    toldBy: "REAPER",
    recommendedAction: "Start an encoder in the session's region, or stop a session there; it then starts by itself.",
  },
  STORAGE_FULL: {
    usualSeverity: "ERROR",
    nature: "ONGOING",
    toldBy: "RUNNER",
    recommendedAction: "Free space on the encoder's disk, or give it a larger one.",
  },
  URL_BLOCKED: {
    usualSeverity: "ERROR",
    nature: "ONGOING",
    toldBy: "RUNNER",
    recommendedAction: "Use an address that this installation may connect to, or have the administrator allow this one.",
  },
  PROCESS_FAILED: {
    usualSeverity: "ERROR",
    nature: "ONGOING",
    toldBy: "RUNNER",
    recommendedAction: "Look at the process and its settings; it is tried again at the next start of the session.",
  },
};

export const ALERT_CODES = Object.values(AlertCode);

/** Codes whose alerts stay open until somebody clears them. */
export const MOMENTARY_CODES: readonly AlertCode[] = ALERT_CODES.filter((code) => ALERT_FACTS[code].nature === "MOMENTARY");

/** How long a cause has to be gone before its alert ends: one that comes back sooner is the same alert, counted once more. */
export const FADING_MILLISECONDS = 10_000;

/** How often at most it is written down that a cause still holds. */
export const TOUCH_MILLISECONDS = 30_000;

/** Longest message that is kept, in UTF-16 units. */
export const MESSAGE_LENGTH_LIMIT = 500;

/** Whether an alert of which nothing was heard since stays open no longer. */
export function isFaded({ isActive, lastSeenAt }: { readonly isActive: boolean; readonly lastSeenAt: Date }, at: Date): boolean {
  return !isActive && at.getTime() - lastSeenAt.getTime() >= FADING_MILLISECONDS;
}
