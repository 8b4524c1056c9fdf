/** What kind of change a row of the log tells; `changes` shows it as it is. The source of a stream says which its objects have. */
export const LoggedChangeKind = {
  CREATED: "CREATED",
  UPDATED: "UPDATED",
  STATUS_CHANGED: "STATUS_CHANGED",
  /** Of a session: something became of its alerts. */
  ALERTS_CHANGED: "ALERTS_CHANGED",
  DELETED: "DELETED",
  /** These are of alerts. */
  RAISED: "RAISED",
  REPEATED: "REPEATED",
  ACKNOWLEDGED: "ACKNOWLEDGED",
  ENDED: "ENDED",
} as const;
export type LoggedChangeKind = (typeof LoggedChangeKind)[keyof typeof LoggedChangeKind];

export const SESSION_CHANGE_KINDS = ["CREATED", "UPDATED", "STATUS_CHANGED", "ALERTS_CHANGED", "DELETED"] as const;
export const EVENT_CHANGE_KINDS = ["CREATED", "UPDATED", "STATUS_CHANGED", "DELETED"] as const;
export const ALERT_CHANGE_KINDS = ["RAISED", "REPEATED", "ACKNOWLEDGED", "ENDED"] as const;

/** What kinds of object have changes. */
export const ChangedObject = { SESSION: "SESSION", TEMPLATE: "TEMPLATE", ALERT: "ALERT", EVENT: "EVENT" } as const;
export type ChangedObject = (typeof ChangedObject)[keyof typeof ChangedObject];
