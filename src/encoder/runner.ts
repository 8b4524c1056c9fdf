import type { FileFormat, OutputType } from "../playbacks/playback.rules.ts";
import type { Health, InputType, SessionStatus } from "../sessions/session.rules.ts";
import type { RenditionSettings } from "../templates/template.rules.ts";

/** All that an encoder needs to know to run one session; secrets are in clear here, and nowhere else. */
export interface SessionLaunch {
  readonly sessionId: string;
  /** The lease under which it runs; files and reports of an older one are worth nothing. */
  readonly epoch: number;
  /** The start or restart that it belongs to. */
  readonly generation: number;
  readonly name: string;
  readonly labels: readonly string[];
  readonly input: {
    readonly type: InputType;
    readonly urlA: string | null;
    readonly urlB: string | null;
    readonly srtPassphrase: string | null;
    readonly hlsScte35PassthroughEnabled: boolean;
  };
  readonly outputs: readonly OutputLaunch[];
}

export interface OutputLaunch {
  readonly playbackId: string;
  readonly name: string;
  readonly type: OutputType;
  readonly renditions: readonly RenditionSettings[];
  readonly urls: readonly string[];
  readonly hlsEnabled: boolean;
  readonly dashEnabled: boolean;
  readonly fileFormat: FileFormat | null;
  readonly maxFileDurationSeconds: number | null;
  readonly serviceProvider: string | null;
  readonly programNumber: number | null;
  /** The directory name below which players find an HTTP output. */
  readonly pathToken: string;
}

/** What a runner sees of its session, told whenever it differs from what it told before. */
export interface Observation {
  readonly status: Extract<SessionStatus, "STARTING" | "WAITING" | "RUNNING" | "STOPPING" | "STOPPED" | "FAILED">;
  readonly health: Health;
  /** One sentence for the operator; null when all is well. Never holds a secret. */
  readonly reason: string | null;
  readonly playbacks: readonly PlaybackObservation[];
}

export interface PlaybackObservation {
  readonly playbackId: string;
  readonly status: Observation["status"];
  readonly health: Health;
  readonly reason: string | null;
}

/** One running session, real or simulated. */
export interface SessionRunner {
  /** Ends the encoder and all it started; resolves once no process of it is left. Idempotent. */
  readonly stop: () => Promise<void>;
}

/** Starts to run a session and returns at once; everything that happens is told to `observe`. */
export type StartRunner = (launch: SessionLaunch, observe: (observation: Observation) => void) => SessionRunner;
