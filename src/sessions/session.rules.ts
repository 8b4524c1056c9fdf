/** What a session is observed to do. The transition table stands in `session.transitions.ts`. */
export const SessionStatus = {
  STOPPED: "STOPPED",
  STARTING: "STARTING",
  WAITING: "WAITING",
  RUNNING: "RUNNING",
  STOPPING: "STOPPING",
  FAILED: "FAILED",
} as const;
export type SessionStatus = (typeof SessionStatus)[keyof typeof SessionStatus];

/** What was asked for, kept apart from what is. */
export const DesiredStatus = { STOPPED: "STOPPED", RUNNING: "RUNNING" } as const;
export type DesiredStatus = (typeof DesiredStatus)[keyof typeof DesiredStatus];

export const Health = { OK: "OK", WARNING: "WARNING", ERROR: "ERROR" } as const;
export type Health = (typeof Health)[keyof typeof Health];

export const InputType = {
  MULTICAST_PULL: "MULTICAST_PULL",
  HLS_PULL: "HLS_PULL",
  DASH_PULL: "DASH_PULL",
  RTSP_PULL: "RTSP_PULL",
  SRT_PULL: "SRT_PULL",
  RTP_PULL: "RTP_PULL",
  RTMP_PULL: "RTMP_PULL",
  SRT_PUSH: "SRT_PUSH",
  RTMP_PUSH: "RTMP_PUSH",
  CAPTURE_CARD: "CAPTURE_CARD",
} as const;
export type InputType = (typeof InputType)[keyof typeof InputType];

/** What the signals of an event's language may be pushed by, each as its sender likes. Its session is of the first of these types. */
export const EVENT_INPUT_TYPES = [InputType.RTMP_PUSH, InputType.SRT_PUSH] as const satisfies readonly InputType[];

export const InputPath = { A: "A", B: "B" } as const;
export type InputPath = (typeof InputPath)[keyof typeof InputPath];

/** Why an input went from one path to the other. */
export const SwitchReason = {
  MANUAL: "MANUAL",
  INPUT_LOST: "INPUT_LOST",
  ERROR_THRESHOLD: "ERROR_THRESHOLD",
  RECOVERY: "RECOVERY",
} as const;
export type SwitchReason = (typeof SwitchReason)[keyof typeof SwitchReason];

/** What a session of an event is to do: listen alone, encode for its operator, or encode for everybody. */
export const OnAir = { OFF: "OFF", TEST: "TEST", LIVE: "LIVE" } as const;
export type OnAir = (typeof OnAir)[keyof typeof OnAir];

export const RemapType = { VIDEO: "VIDEO", AUDIO: "AUDIO", SUBTITLE: "SUBTITLE", DATA: "DATA" } as const;
export type RemapType = (typeof RemapType)[keyof typeof RemapType];

export const RemapMode = { PASSTHROUGH: "PASSTHROUGH", REMAP: "REMAP", DROP: "DROP" } as const;
export type RemapMode = (typeof RemapMode)[keyof typeof RemapMode];

/** One rule of a stream remap: which kind and language of stream, and what becomes of it. */
export interface RemapRule {
  readonly priority: number;
  readonly type: RemapType;
  readonly language: string;
  readonly mode: RemapMode;
}

/** The verbs that callers give; they stand in a session's last command and in the change log. */
export const Verb = {
  START: "START",
  STOP: "STOP",
  RESTART: "RESTART",
  DELETE: "DELETE",
  SWITCH_INPUT: "SWITCH_INPUT",
  CLEAR_ALERTS: "CLEAR_ALERTS",
  ACKNOWLEDGE_ALERTS: "ACKNOWLEDGE_ALERTS",
  SHOW_SLATE: "SHOW_SLATE",
  HIDE_SLATE: "HIDE_SLATE",
  CREATE: "CREATE",
  UPDATE: "UPDATE",
  IMPORT: "IMPORT",
  CONFIGURE: "CONFIGURE",
  START_TEST: "START_TEST",
  STOP_TEST: "STOP_TEST",
  GO_LIVE: "GO_LIVE",
  STOP_EVENT: "STOP_EVENT",
  MODERATE: "MODERATE",
  REVEAL_SECRET: "REVEAL_SECRET",
  ROTATE_SECRET: "ROTATE_SECRET",
  SCHEDULE: "SCHEDULE",
  CANCEL: "CANCEL",
} as const;
export type Verb = (typeof Verb)[keyof typeof Verb];

/** What became of one thing asked for. */
export const Outcome = { ACCEPTED: "ACCEPTED", SKIPPED: "SKIPPED", FAILED: "FAILED" } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** How lists of sessions are ordered. */
export const SessionOrder = {
  NAME: "NAME",
  CREATED_AT: "CREATED_AT",
  STATUS: "STATUS",
  HEALTH: "HEALTH",
  STATUS_CHANGED_AT: "STATUS_CHANGED_AT",
} as const;
export type SessionOrder = (typeof SessionOrder)[keyof typeof SessionOrder];

export const SortDirection = { ASC: "ASC", DESC: "DESC" } as const;
export type SortDirection = (typeof SortDirection)[keyof typeof SortDirection];

/** Facts about each input type that rules, forms and the encoder share. */
export interface InputTypeFacts {
  readonly isPush: boolean;
  readonly supportsFailover: boolean;
  readonly supportsRemap: boolean;
  readonly supportsCsv: boolean;
  readonly urlSchemes: readonly string[];
}

const PULL = { isPush: false, supportsFailover: false, supportsRemap: false, supportsCsv: true } as const;
const PUSH = { isPush: true, supportsFailover: false, supportsRemap: false, supportsCsv: true, urlSchemes: [] } as const;

export const INPUT_TYPE_FACTS: Readonly<Record<InputType, InputTypeFacts>> = {
  MULTICAST_PULL: { ...PULL, supportsFailover: true, supportsRemap: true, urlSchemes: ["udp"] },
  HLS_PULL: { ...PULL, urlSchemes: ["http", "https"] },
  DASH_PULL: { ...PULL, urlSchemes: ["http", "https"] },
  RTSP_PULL: { ...PULL, urlSchemes: ["rtsp", "rtsps"] },
  SRT_PULL: { ...PULL, urlSchemes: ["srt"] },
  RTP_PULL: { ...PULL, urlSchemes: ["rtp"] },
  RTMP_PULL: { ...PULL, supportsCsv: false, urlSchemes: ["rtmp", "rtmps"] },
  SRT_PUSH: PUSH,
  RTMP_PUSH: PUSH,
  CAPTURE_CARD: { ...PUSH, isPush: false, supportsCsv: false },
};

/** What an import does with a session that is already there. */
export const ImportMode = { CREATE: "CREATE", UPSERT: "UPSERT" } as const;
export type ImportMode = (typeof ImportMode)[keyof typeof ImportMode];

/** What became of one described session. */
export const ImportOutcome = { CREATED: "CREATED", UPDATED: "UPDATED", UNCHANGED: "UNCHANGED" } as const;
export type ImportOutcome = (typeof ImportOutcome)[keyof typeof ImportOutcome];
