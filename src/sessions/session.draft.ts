import type { FileFormat, OutputType } from "../playbacks/playback.rules.ts";
import type { InputType, RemapRule } from "./session.rules.ts";

/** A session that passed every rule and may be written as it is. URLs are whole here; the store splits off their secrets. */
export interface SessionDraft {
  readonly name: string;
  readonly description: string | null;
  readonly region: string;
  readonly externalId: string | null;
  readonly labels: readonly string[];
  readonly source: SourceDraft;
  readonly slatesEnabled: boolean;
  readonly streamRemap: readonly RemapRule[];
  readonly playbacks: readonly PlaybackDraft[];
}

export interface SourceDraft {
  readonly type: InputType;
  /** Null for push inputs and capture cards. */
  readonly urlA: string | null;
  /** Given if and only if failover is. */
  readonly urlB: string | null;
  readonly failover: FailoverSettings | null;
  /** Null: one is generated for push inputs. */
  readonly customStreamKey: string | null;
  readonly srtEncryptionEnabled: boolean;
  /** Null with encryption on: one is generated. */
  readonly srtPassphrase: string | null;
  readonly hlsScte35PassthroughEnabled: boolean;
}

export interface FailoverSettings {
  /** -1 remains on B, else 120 or more seconds between attempts to go back to A. */
  readonly recoveryIntervalSeconds: number;
  /** 0.01 to 100; null: only when A is gone. */
  readonly errorThresholdPercent: number | null;
}

export interface PlaybackDraft {
  readonly name: string;
  readonly type: OutputType;
  readonly templateId: string;
  readonly urls: readonly string[];
  readonly hlsEnabled: boolean;
  readonly dashEnabled: boolean;
  readonly serviceProvider: string | null;
  readonly programNumber: number | null;
  readonly fileFormat: FileFormat | null;
  readonly maxFileDurationSeconds: number | null;
}
