import { isStorageError } from "./output-problem.ts";

/** What keeps an archive from being written, as a sentence. */
export interface ArchiveProblem {
  readonly reason: string;
  /** There is no room for it. */
  readonly isStorage: boolean;
}

export interface ArchiveState {
  readonly problem: ArchiveProblem | null;
  /** When the newest encoder process was begun. */
  readonly beganAt: number | null;
  /** When a fragment was last written. */
  readonly grewAt: number | null;
  /** When something was last left out, since the disk was too slow for it. */
  readonly droppedAt: number | null;
}

/** What the error of a system call says to an operator. */
export function archiveProblemOf(error: unknown): ArchiveProblem {
  const isStorage = isStorageError(error);
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  const reason = isStorage ? "There is no room left on the encoder's disk." : `It cannot be written on this machine${code}.`;
  return { reason, isStorage };
}
