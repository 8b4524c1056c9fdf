import type { Health } from "../sessions/session.rules.ts";

/** What is made live of one rendition of a session. */
export const ProcessKind = { RECORDING: "RECORDING", THUMBNAIL: "THUMBNAIL", MOTION_CLIP: "MOTION_CLIP", REPLAY: "REPLAY" } as const;
export type ProcessKind = (typeof ProcessKind)[keyof typeof ProcessKind];

/** What an operator sets of a process. */
export interface ProcessSettings {
  readonly isEnabled: boolean;
  /** Between two contents, of thumbnails and motion clips; null for the other kinds. */
  readonly intervalSeconds: number | null;
  /** Length of a motion clip, most length of a recording or replay; null for the entire stream, and for thumbnails. */
  readonly durationSeconds: number | null;
}

/** What a process was observed to do. */
export interface ProcessActivity {
  /** Whether it makes something now. */
  readonly isActive: boolean;
  readonly health: Health;
  /** One sentence for the operator; null when all is well. */
  readonly reason: string | null;
  /** Names the latest content of a thumbnail or motion clip: another one for each; null while there is none, and for the other kinds. */
  readonly contentVersion: string | null;
  readonly contentType: string | null;
  /** When the latest content was made, as an ISO text. */
  readonly contentAt: string | null;
}

/** From which to which number of seconds a setting may be. */
export interface SecondsRange {
  readonly least: number;
  readonly most: number;
  /** Whether it may be empty. */
  readonly isOptional: boolean;
}

/** What a kind of process can be set to; null for what it does not have. */
export interface ProcessKindFacts {
  readonly intervalSeconds: SecondsRange | null;
  readonly durationSeconds: SecondsRange | null;
  /** The name of its latest content below its address; null for the kinds that make assets. */
  readonly contentName: string | null;
}

const INTERVAL: SecondsRange = { least: 10, most: 3_600, isOptional: false };
const CLIP_LENGTH: SecondsRange = { least: 1, most: 60, isOptional: false };
/** As long as GraphQL can say; empty for the entire stream. */
const STREAM_LENGTH: SecondsRange = { least: 1, most: 2_147_483_647, isOptional: true };

export const PROCESS_KIND_FACTS: Readonly<Record<ProcessKind, ProcessKindFacts>> = {
  RECORDING: { intervalSeconds: null, durationSeconds: STREAM_LENGTH, contentName: null },
  THUMBNAIL: { intervalSeconds: INTERVAL, durationSeconds: null, contentName: "thumbnail.jpg" },
  MOTION_CLIP: { intervalSeconds: INTERVAL, durationSeconds: CLIP_LENGTH, contentName: "motion-clip.mp4" },
  REPLAY: { intervalSeconds: null, durationSeconds: STREAM_LENGTH, contentName: null },
};

/** A process as it is stored. */
export interface StoredSettings extends ProcessSettings {
  /** As they were at the last start; null when it was not there then. */
  readonly startedSettings: ProcessSettings | null;
  /** It was removed while its session was under way, and goes with the session's end. */
  readonly isRemoved: boolean;
  /** Whether its session is wanted and has not failed: what runs keeps to what it was started with. */
  readonly isUnderWay: boolean;
}

const NOTHING: ProcessSettings = { isEnabled: false, intervalSeconds: null, durationSeconds: null };

/** What a process goes by now: what it was started with while its session is under way, else what is configured. */
export function settingsNow(process: StoredSettings): ProcessSettings {
  return process.isUnderWay ? (process.startedSettings ?? NOTHING) : settingsOf(process);
}

/** What is configured and waits for the next start; null when that is what runs. */
export function pendingSettings(process: StoredSettings): ProcessSettings | null {
  if (!process.isUnderWay) return null;
  const now = settingsNow(process);
  const next = process.isRemoved ? { ...settingsOf(process), isEnabled: false } : settingsOf(process);
  if (!now.isEnabled && !next.isEnabled) return null;
  return isSameSettings(now, next) ? null : next;
}

export function isSameSettings(one: ProcessSettings, other: ProcessSettings): boolean {
  return (
    one.isEnabled === other.isEnabled && one.intervalSeconds === other.intervalSeconds && one.durationSeconds === other.durationSeconds
  );
}

function settingsOf({ isEnabled, intervalSeconds, durationSeconds }: ProcessSettings): ProcessSettings {
  return { isEnabled, intervalSeconds, durationSeconds };
}
