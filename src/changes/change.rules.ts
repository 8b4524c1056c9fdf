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
export const QUESTION_CHANGE_KINDS = ["CREATED", "UPDATED", "STATUS_CHANGED"] as const;
export const CHAT_MESSAGE_CHANGE_KINDS = ["CREATED", "DELETED"] as const;
/** Of processes and of assets. */
export const PROCESS_CHANGE_KINDS = ["CREATED", "UPDATED", "STATUS_CHANGED", "DELETED"] as const;
export const ALERT_CHANGE_KINDS = ["RAISED", "REPEATED", "ACKNOWLEDGED", "ENDED"] as const;

/** What kinds of object have changes. */
export const ChangedObject = {
  SESSION: "SESSION",
  TEMPLATE: "TEMPLATE",
  ALERT: "ALERT",
  PROCESS: "PROCESS",
  ASSET: "ASSET",
  EVENT: "EVENT",
  QUESTION: "QUESTION",
  CHAT_MESSAGE: "CHAT_MESSAGE",
} as const;
export type ChangedObject = (typeof ChangedObject)[keyof typeof ChangedObject];

const KINDS_OF_OBJECTS: Readonly<Record<ChangedObject, readonly LoggedChangeKind[]>> = {
  SESSION: SESSION_CHANGE_KINDS,
  TEMPLATE: ["CREATED", "UPDATED", "DELETED"],
  ALERT: ALERT_CHANGE_KINDS,
  EVENT: EVENT_CHANGE_KINDS,
  QUESTION: QUESTION_CHANGE_KINDS,
  CHAT_MESSAGE: CHAT_MESSAGE_CHANGE_KINDS,
  PROCESS: PROCESS_CHANGE_KINDS,
  ASSET: PROCESS_CHANGE_KINDS,
};

/** A kind of change with what was changed, such as `session.status_changed`: as integrations are told. */
export function changeKindName(object: ChangedObject, kind: LoggedChangeKind): string {
  return `${object}.${kind}`.toLowerCase();
}

/** Told instead of changes that are not kept any more, so that nobody takes a gap for silence. */
export const LOG_LAGGED = "log.lagged";

/** Every kind of change that there is, as integrations are told and filter by. */
export const CHANGE_KIND_NAMES: readonly string[] = [
  ...Object.values(ChangedObject).flatMap((object) => KINDS_OF_OBJECTS[object].map((kind) => changeKindName(object, kind))),
  LOG_LAGGED,
];
