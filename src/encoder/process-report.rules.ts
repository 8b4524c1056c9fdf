import type { Health } from "../sessions/session.rules.ts";
import type { FoundCause } from "./alert-causes.rules.ts";
import type { ProcessLaunch, ProcessObservation } from "./runner.ts";
import type { StorageLevel } from "./storage-level.rules.ts";

interface Problem {
  readonly reason: string;
  /** There is no room for it. */
  readonly isStorage: boolean;
}

/** What is known of one process at one moment; times are of one monotonic clock, in milliseconds. */
export interface ProcessFacts {
  readonly process: Pick<ProcessLaunch, "processId" | "kind" | "intervalSeconds">;
  readonly now: number;
  /** The session's encoder makes media. */
  readonly isAdvancing: boolean;
  /** Why the encoder does not even make it, as a sentence; null when it does. */
  readonly failure: string | null;
  readonly storageLevel: StorageLevel;
  /** Of a recording or replay. */
  readonly archive: {
    readonly problem: Problem | null;
    /** When the encoder's stream began, and when a part of it was last written. */
    readonly beganAt: number | null;
    readonly grewAt: number | null;
    /** When something was last left out, since the disk was too slow. */
    readonly droppedAt: number | null;
    /** All that was wanted is there. */
    readonly isComplete: boolean;
  } | null;
  /** Of a thumbnail or motion clip. */
  readonly still: {
    readonly problem: Problem | null;
    readonly content: { readonly version: string; readonly contentType: string; readonly at: string } | null;
    /** When one was last made, or its encoder was begun. */
    readonly madeAt: number | null;
  } | null;
}

/** An encoder that makes media, and none for a process, for so long, does not make it. */
const STALL_MILLISECONDS = 30_000;
const DROP_SHOWN_MILLISECONDS = 10_000;

interface Finding {
  readonly health: Health;
  readonly reason: string | null;
  readonly isStorage?: true;
}

/** What to tell of a process. */
export function describeProcess(facts: ProcessFacts): ProcessObservation {
  const { process, still, archive, isAdvancing } = facts;
  const { health, reason } = findingOf(facts);
  const { version, contentType, at } = still?.content ?? { version: null, contentType: null, at: null };
  return {
    processId: process.processId,
    isActive: isAdvancing && health !== "ERROR" && !isStopped(facts) && archive?.isComplete !== true,
    health,
    reason,
    contentVersion: version,
    contentType,
    contentAt: at,
  };
}

/** Thumbnails and motion clips stop before anything else. */
function isStopped({ still, storageLevel }: ProcessFacts): boolean {
  return still !== null && storageLevel !== "PLENTY";
}

function findingOf(facts: ProcessFacts): Finding {
  const { now, failure, archive, still } = facts;
  if (failure !== null) return { health: "ERROR", reason: failure };
  if (archive?.isComplete) return { health: "OK", reason: null };
  if (isStopped(facts)) return { health: "WARNING", reason: "It is stopped, since the encoder's disk is nearly full.", isStorage: true };
  const problem = archive?.problem ?? still?.problem ?? null;
  if (problem) return { health: "ERROR", reason: problem.reason, ...(problem.isStorage ? { isStorage: true } : {}) };
  if (isStalled(facts)) return { health: "ERROR", reason: "The encoder makes nothing for it." };
  const droppedAt = archive?.droppedAt ?? null;
  const isShort = droppedAt !== null && now - droppedAt < DROP_SHOWN_MILLISECONDS;
  return isShort ? { health: "WARNING", reason: "The encoder's disk is too slow: a part is missing." } : { health: "OK", reason: null };
}

function isStalled({ process, now, isAdvancing, archive, still }: ProcessFacts): boolean {
  if (!isAdvancing) return false;
  const since = archive ? Math.max(archive.beganAt ?? now, archive.grewAt ?? 0) : (still?.madeAt ?? now);
  const pause = still ? 2 * (process.intervalSeconds ?? 0) * 1_000 : 0;
  return now - since > STALL_MILLISECONDS + pause;
}

/** What is wrong with processes, and with the room for them. */
export function processCauses(processes: readonly ProcessFacts[], level: StorageLevel): readonly FoundCause[] {
  const failed = processes.flatMap((facts): readonly FoundCause[] => {
    const { health, reason, isStorage } = findingOf(facts);
    if (health !== "ERROR" || isStorage) return [];
    return [
      {
        code: "PROCESS_FAILED",
        playbackId: null,
        processId: facts.process.processId,
        severity: "ERROR",
        message: `${NAMES[facts.process.kind]}: ${reason ?? "It failed."}`,
      },
    ];
  });
  return [...failed, ...storageCauses(processes, level)];
}

const NAMES: Readonly<Record<ProcessLaunch["kind"], string>> = {
  RECORDING: "Recording",
  REPLAY: "Replay",
  THUMBNAIL: "Thumbnail",
  MOTION_CLIP: "Motion clip",
};

function storageCauses(processes: readonly ProcessFacts[], level: StorageLevel): readonly FoundCause[] {
  const found = processes.map(findingOf).filter(({ isStorage }) => isStorage);
  if (processes.length === 0 || (level === "PLENTY" && found.length === 0)) return [];
  if (level !== "FULL" && found.every(({ health }) => health === "WARNING")) {
    const stopped = found.length === 0 ? "no clips are made" : "thumbnails and motion clips are stopped, and no clips are made";
    const message = `The encoder's disk is nearly full: ${stopped}. Recordings and replays stop next.`;
    return [{ code: "STORAGE_FULL", playbackId: null, severity: "WARNING", message }];
  }
  const message = "There is no room left on the encoder's disk: recordings, replays, thumbnails and motion clips are stopped.";
  return [{ code: "STORAGE_FULL", playbackId: null, severity: "ERROR", message }];
}
