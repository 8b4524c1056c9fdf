import type { InputPath } from "../sessions/session.rules.ts";
import { otherPath } from "./failover.rules.ts";
import { isStorageProblem } from "./output-problem.ts";
import type { PathSourceState } from "./path-source.ts";
import type { AlertCause, PlaybackObservation } from "./runner.ts";

/** An encoder that was begun anew, though nobody asked for it. */
export interface EncoderRestarts {
  /** Since the session began here. */
  readonly count: number;
  /** When the last one was; null before the first. */
  readonly at: number | null;
  /** Why, as a sentence. */
  readonly reason: string;
}

/** All that can be wrong with a session at one moment; times are of its clock, in milliseconds. */
export interface CauseFacts {
  readonly now: number;
  readonly startedAt: number;
  /** It is plain by now that no input is there, where none is. */
  readonly isAwaited: boolean;
  /** Output was made of its input at some time. */
  readonly hasHadInput: boolean;
  readonly activePath: InputPath;
  /** B is null without failover. */
  readonly paths: Readonly<Record<InputPath, PathSourceState | null>>;
  readonly errorThresholdPercent: number | null;
  /** The paths carry what no one encoder can take. */
  readonly isUneven: boolean;
  readonly encoder: {
    readonly restarts: EncoderRestarts;
    /** Why there is none now, or why the last one ended; null while all is well. */
    readonly crash: string | null;
    /** It gets input and makes nothing of it, though it did before. */
    readonly isStuck: boolean;
    /** It makes less than a second of media a second. */
    readonly isSlow: boolean;
    /** When it last was too slow to take what came in. */
    readonly droppedAt: number | null;
  };
  readonly playbacks: readonly PlaybackObservation[];
  /** Playbacks of which the network policy refuses a receiver, and why. */
  readonly refusedReceivers: ReadonlyMap<string, string>;
  /** When something could last not be written for want of room; null when that never was. */
  readonly storageFullAt: number | null;
  /** What is wrong with processes of the session. */
  readonly processCauses: readonly FoundCause[];
}

/** A cause without how often it came. */
export type FoundCause = Omit<AlertCause, "occurrences"> & {
  /** For what happens at a moment: how often it has happened. */
  readonly count?: number;
};

/** What happened at a moment is told for so long. */
const MOMENT_SHOWN_MILLISECONDS = 10_000;
/** A path that is not on gets so long to connect before it is missed. */
const STANDBY_GRACE_MILLISECONDS = 10_000;

/** Everything that is wrong now, each code once for each subject. */
export function findCauses(facts: CauseFacts): readonly FoundCause[] {
  const isFull = isStorageFull(facts);
  return [
    ...inputCauses(facts),
    ...encoderCauses(facts),
    ...outputCauses(facts),
    ...(isFull ? [sessionCause("STORAGE_FULL", "ERROR", "There is no room left on the encoder's disk.")] : []),
    ...facts.processCauses.filter(({ code }) => !(isFull && code === "STORAGE_FULL")),
  ];
}

function sessionCause(code: AlertCause["code"], severity: AlertCause["severity"], message: string): FoundCause {
  return { code, playbackId: null, severity, message };
}

function inputCauses(facts: CauseFacts): readonly FoundCause[] {
  const { paths, activePath, isUneven } = facts;
  const lost = lostInput(facts);
  const refused = [activePath, otherPath(activePath)].find((path) => paths[path]?.isAddressRefused);
  const threshold = facts.errorThresholdPercent ?? Infinity;
  const bad = [activePath, otherPath(activePath)].filter((path) => (paths[path]?.errorPercent ?? 0) > threshold);
  const uneven = isUneven ? " It carries something else than path A, so that the encoder had to be replaced." : "";
  return [
    ...(lost ? [lost] : []),
    ...(activePath === "B" ? [sessionCause("FAILED_OVER", "WARNING", `The output is made of path B.${uneven}`)] : []),
    ...(bad.length > 0 ? [sessionCause("ERROR_THRESHOLD", "WARNING", describeErrors(bad, threshold))] : []),
    ...(refused
      ? [
          sessionCause(
            "URL_BLOCKED",
            refused === activePath ? "ERROR" : "WARNING",
            `Path ${refused}: ${paths[refused]?.problem ?? ""}`.trim(),
          ),
        ]
      : []),
  ];
}

function describeErrors(paths: readonly InputPath[], threshold: number): string {
  return `More than ${threshold} % of the packets of path ${paths.join(" and of path ")} were lost or damaged in the last 30 s.`;
}

/** Worse than a path that is missing is the one that is on, and worst when there is no other. */
function lostInput({ now, startedAt, isAwaited, hasHadInput, activePath, paths }: CauseFacts): FoundCause | null {
  const [active, standby] = [paths[activePath], paths[otherPath(activePath)]];
  if (!active?.isFlowing) {
    if (!isAwaited) return null;
    const why = active?.problem ?? "Nothing arrives from it.";
    if (standby?.isFlowing) return sessionCause("INPUT_LOST", "WARNING", `Path ${activePath}, which is on, is lost. ${why}`);
    return hasHadInput
      ? sessionCause("INPUT_LOST", "ERROR", `The input is lost. ${why}`)
      : sessionCause("INPUT_LOST", "WARNING", `No input has arrived yet. ${why}`);
  }
  if (!standby || standby.isFlowing || now - startedAt < STANDBY_GRACE_MILLISECONDS) return null;
  const why = standby.problem ?? "Nothing arrives from it.";
  return sessionCause("INPUT_LOST", "WARNING", `Path ${otherPath(activePath)}, which is not on, is lost. ${why}`);
}

function encoderCauses({ now, encoder }: CauseFacts): readonly FoundCause[] {
  const { restarts, isSlow, droppedAt } = encoder;
  const hasDropped = droppedAt !== null && now - droppedAt < MOMENT_SHOWN_MILLISECONDS;
  const slow = hasDropped
    ? "The encoder is too slow for this ladder here: pictures are being dropped."
    : "The encoder makes less than a second of media each second, so that the output falls behind.";
  return [
    ...(restarts.at !== null && now - restarts.at < MOMENT_SHOWN_MILLISECONDS
      ? [{ ...sessionCause("ENCODER_RESTARTED", "WARNING", restarts.reason), count: restarts.count }]
      : []),
    ...(hasDropped || isSlow ? [sessionCause("SLOW_ENCODING", "WARNING", slow)] : []),
  ];
}

/** While input and encoder are well: else they are what is wrong. */
function outputCauses(facts: CauseFacts): readonly FoundCause[] {
  const { paths, activePath, encoder, playbacks, refusedReceivers } = facts;
  const isFed = paths[activePath]?.isFlowing === true && encoder.crash === null && !encoder.isStuck;
  const failed = isFed ? playbacks.filter(({ health }) => health === "ERROR") : [];
  return [
    ...failed.map(({ playbackId, reason }): FoundCause => {
      return { code: "OUTPUT_FAILED", playbackId, severity: "ERROR", message: reason ?? "The output does not go on." };
    }),
    ...Array.from(refusedReceivers, ([playbackId, message]): FoundCause => {
      return { code: "URL_BLOCKED", playbackId, severity: "ERROR", message };
    }),
  ];
}

function isStorageFull({ now, storageFullAt, encoder, playbacks }: CauseFacts): boolean {
  if (storageFullAt !== null && now - storageFullAt < MOMENT_SHOWN_MILLISECONDS) return true;
  const reasons = [encoder.crash, ...playbacks.filter(({ health }) => health === "ERROR").map(({ reason }) => reason)];
  return reasons.some((reason) => reason !== null && isStorageProblem(reason));
}

/** Counts how often each cause came: once for every time that it was not there before. */
export function createCauseCount(): (found: readonly FoundCause[]) => readonly AlertCause[] {
  const counts = new Map<string, number>();
  let present: ReadonlySet<string> = new Set();
  return (found) => {
    const before = present;
    present = new Set(found.map(keyOf));
    return found.map(({ count, ...cause }) => {
      const key = keyOf(cause);
      const occurrences = count ?? (counts.get(key) ?? 0) + (before.has(key) ? 0 : 1);
      counts.set(key, occurrences);
      return { ...cause, occurrences };
    });
  };
}

function keyOf({ code, playbackId, processId }: Pick<AlertCause, "code" | "playbackId" | "processId">): string {
  return `${code} ${playbackId ?? processId ?? ""}`;
}
