/** What kind of change a row of the log tells; `changes` shows it as it is. */
export const LoggedChangeKind = {
  CREATED: "CREATED",
  UPDATED: "UPDATED",
  STATUS_CHANGED: "STATUS_CHANGED",
  DELETED: "DELETED",
} as const;
export type LoggedChangeKind = (typeof LoggedChangeKind)[keyof typeof LoggedChangeKind];

/** What kinds of object have changes. */
export const ChangedObject = { SESSION: "SESSION", TEMPLATE: "TEMPLATE", ALERT: "ALERT" } as const;
export type ChangedObject = (typeof ChangedObject)[keyof typeof ChangedObject];
