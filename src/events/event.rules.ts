/** What an event is. The transition table stands in `event.transitions.ts`. */
export const EventStatus = {
  SCHEDULED: "SCHEDULED",
  TESTING: "TESTING",
  LIVE: "LIVE",
  ENDED: "ENDED",
  ON_DEMAND: "ON_DEMAND",
} as const;
export type EventStatus = (typeof EventStatus)[keyof typeof EventStatus];

/** What attendees may write to each other and to the moderators. */
export const MessagingMode = { DISABLED: "DISABLED", CHAT: "CHAT", MODERATED_QA: "MODERATED_QA" } as const;
export type MessagingMode = (typeof MessagingMode)[keyof typeof MessagingMode];

/** Who may watch. */
export const EventAccess = { PUBLIC: "PUBLIC", ACCESS_CODE: "ACCESS_CODE" } as const;
export type EventAccess = (typeof EventAccess)[keyof typeof EventAccess];

/** Which of the two signals of a language: the primary comes in on path A of its session, the backup on path B. */
export const IngestRole = { PRIMARY: "PRIMARY", BACKUP: "BACKUP" } as const;
export type IngestRole = (typeof IngestRole)[keyof typeof IngestRole];

export const IngestState = { NOT_CONFIGURED: "NOT_CONFIGURED", WAITING: "WAITING", CONNECTED: "CONNECTED", LOST: "LOST" } as const;
export type IngestState = (typeof IngestState)[keyof typeof IngestState];

/** What an event that went live with its backup alone goes without. */
export const BackupOnlyLimitation = {
  RECORDING_MAY_BE_MISSING: "RECORDING_MAY_BE_MISSING",
  NO_AUTO_FAILOVER: "NO_AUTO_FAILOVER",
  ON_DEMAND_MAY_FAIL: "ON_DEMAND_MAY_FAIL",
  NO_SUBTITLE_DOWNLOAD: "NO_SUBTITLE_DOWNLOAD",
} as const;
export type BackupOnlyLimitation = (typeof BackupOnlyLimitation)[keyof typeof BackupOnlyLimitation];

/** All four of them: each is true of whatever runs on its backup alone. */
export const BACKUP_ONLY_LIMITATIONS: readonly BackupOnlyLimitation[] = Object.values(BackupOnlyLimitation);

/** Languages of one event. */
export const LANGUAGE_COUNT_LIMIT = 20;
