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
