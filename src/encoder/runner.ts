import type { AlertCode, AlertSeverity } from "../alerts/alert.rules.ts";
import type { FileFormat, OutputType } from "../playbacks/playback.rules.ts";
import type { ProcessActivity, ProcessKind } from "../processes/process.rules.ts";
import type { Health, InputPath, InputType, OnAir, RemapRule, SessionStatus, SwitchReason } from "../sessions/session.rules.ts";
import type { RenditionSettings } from "../templates/template.rules.ts";
import type { TelemetrySample } from "./telemetry.rules.ts";

/** All that an encoder needs to know to run one session; secrets are in clear here, and nowhere else. */
export interface SessionLaunch {
  readonly organizationId: string;
  readonly sessionId: string;
  /** The lease under which it runs; files and reports of an older one are worth nothing. */
  readonly epoch: number;
  /** The start or restart that it belongs to. */
  readonly generation: number;
  /** The run that this generation is; null when none was opened for it, and then there are no processes. */
  readonly runId: string | null;
  readonly name: string;
  readonly labels: readonly string[];
  readonly input: {
    readonly type: InputType;
    /** What its senders may push by as well; left out: nothing. */
    readonly otherTypes?: readonly InputType[];
    readonly urlA: string | null;
    readonly urlB: string | null;
    /** Null without failover: there is path A alone. */
    readonly failover: FailoverSettings | null;
    /** What a sender has to present; null for inputs that are pulled. */
    readonly streamKey: string | null;
    /** What it has to present by SRT; null or left out: the same. */
    readonly srtStreamKey?: string | null;
    readonly srtPassphrase: string | null;
    /** The same for path B; left out where that is not pushed by a sender of its own. */
    readonly backup?: Pick<SessionLaunch["input"], "streamKey" | "srtStreamKey" | "srtPassphrase">;
    readonly hlsScte35PassthroughEnabled: boolean;
    /** By priority; empty when streams are taken as they are. */
    readonly streamRemap: readonly RemapRule[];
  };
  readonly slate: SlateSettings;
  /** What was asked for before it started: a switch of this number or a lower one is over. */
  readonly controls: SessionControls;
  readonly outputs: readonly OutputLaunch[];
  /** Those that were enabled when this generation was started, as they were set then. */
  readonly processes: readonly ProcessLaunch[];
}

/** Everything that the signal may come in by; an encoder takes it by those that it has. */
export function typesOf({ type, otherTypes = [] }: Pick<SessionLaunch["input"], "type" | "otherTypes">): readonly InputType[] {
  return [type, ...otherTypes];
}

export interface FailoverSettings {
  /** Between attempts to go back to path A; -1 remains on path B. */
  readonly recoveryIntervalSeconds: number;
  /** Null: fail over only when path A is gone. */
  readonly errorThresholdPercent: number | null;
}

export interface SlateSettings {
  /** Shown by itself when the input is lost. */
  readonly isShownOnLoss: boolean;
  /** The picture that was uploaded; null for the one that comes with the product. */
  readonly imageId: string | null;
}

/** What operators ask of a session while it runs. */
export interface SessionControls {
  /** The newest switch that was asked for; each number is done once. */
  readonly switch: { readonly number: number; readonly toPath: InputPath | null; readonly actor: string | null };
  readonly isSlateWanted: boolean;
  /** What its event wants of it; null or left out for a session of no event. */
  readonly event?: EventControls | null;
}

export interface EventControls {
  readonly onAir: OnAir;
  /** Path A is not taken even when it comes. */
  readonly isBackupOnly: boolean;
  /** What it is live as; null while it is not. */
  readonly show: LiveShow | null;
}

/** The run that an event is live in, and what is made of it. */
export interface LiveShow {
  readonly runId: string;
  readonly processes: readonly ProcessLaunch[];
}

/** Of a session of which nothing was asked. */
export const NO_CONTROLS: SessionControls = { switch: { number: 0, toPath: null, actor: null }, isSlateWanted: false };

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

/** What is to be made live of one rendition of an output; the output is among those of the launch, and so is its rendition. */
export interface ProcessLaunch {
  readonly processId: string;
  readonly kind: ProcessKind;
  readonly playbackId: string;
  readonly renditionId: string;
  /** Seconds between two contents, of thumbnails and motion clips; null for the other kinds. */
  readonly intervalSeconds: number | null;
  /** Length of a motion clip; most length of a recording or replay, null for the whole run, and for thumbnails. */
  readonly durationSeconds: number | null;
  /** The name of the directory in which the latest content of a thumbnail or motion clip is kept; the same for every run. */
  readonly pathToken: string;
}

/** What a runner sees of its session, told whenever it differs from what it told before. */
export interface Observation {
  readonly status: Extract<SessionStatus, "STARTING" | "WAITING" | "RUNNING" | "STOPPING" | "STOPPED" | "FAILED">;
  readonly health: Health;
  /** One sentence for the operator; null when all is well. Never holds a secret. */
  readonly reason: string | null;
  readonly playbacks: readonly PlaybackObservation[];
  /** The path that the signal is taken from; left out by what has none, such as a session that could not be started. */
  readonly activePath?: InputPath;
  readonly isSlateShowing?: boolean;
  /** When it next tries to go back to path A, as an ISO text; null or left out when it does not. */
  readonly nextRecoveryAt?: string | null;
  /** The newest switches of this runner, oldest first, at most `SWITCHES_TOLD`: those that were told before are told again. */
  readonly switches?: readonly SwitchObservation[];
  /** Everything that is wrong now, each code once for each subject. */
  readonly causes?: readonly AlertCause[];
  /** What its processes do; one that is left out goes on as it was told before. Their assets are told to the `AssetTeller`. */
  readonly processes?: readonly ProcessObservation[];
}

export interface ProcessObservation extends ProcessActivity {
  readonly processId: string;
}

/** Of the switches of a session so many are told each time, so that none is lost while the database is away. */
export const SWITCHES_TOLD = 50;

export interface SwitchObservation {
  /** An `inputswitch` identifier of the runner's making. */
  readonly id: string;
  /** ISO text. */
  readonly at: string;
  readonly fromPath: InputPath;
  readonly toPath: InputPath;
  readonly reason: SwitchReason;
  readonly actor: string | null;
}

/** Something wrong that holds now. */
export interface AlertCause {
  readonly code: AlertCode;
  /** What it is about; null for the session itself or a process of it. */
  readonly playbackId: string | null;
  /** The process that it is about; null or left out for all else. */
  readonly processId?: string | null;
  readonly severity: AlertSeverity;
  /** One sentence for the operator. Never holds a secret. */
  readonly message: string;
  /** How often it has occurred since the runner began; grows when it comes again, and for what happens at a moment, each time. */
  readonly occurrences: number;
}

export interface PlaybackObservation {
  readonly playbackId: string;
  readonly status: Observation["status"];
  readonly health: Health;
  readonly reason: string | null;
}

/** How a run ends for a runner: for good, or it goes on elsewhere or later, and with it what is recorded of it. */
export type RunnerEnd = "ENDED" | "LEFT";

/** One running session, real or simulated. */
export interface SessionRunner {
  /** Ends the encoder and all it started; resolves once no process of it is left. Idempotent. Left out, the run is over. */
  readonly stop: (end?: RunnerEnd) => Promise<void>;
  /** Told what is asked for now, whenever that is read; mostly the same as before. */
  readonly control: (controls: SessionControls) => void;
  /** What it does now; null when it does not know. */
  readonly telemetry: () => TelemetrySample | null;
}

/** Starts to run a session and returns at once; everything that happens is told to `observe`. */
export type StartRunner = (launch: SessionLaunch, observe: (observation: Observation) => void) => SessionRunner;
