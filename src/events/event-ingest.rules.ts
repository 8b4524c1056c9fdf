import type { PathSample } from "../encoder/telemetry.rules.ts";
import type { IngestRole, IngestState } from "./event.rules.ts";

/** What a role's signal is seen to do: of a backup that is not configured, nothing is asked. */
export function ingestStateOf(path: PathSample | null, isConfigured: boolean): IngestState {
  if (!isConfigured) return "NOT_CONFIGURED";
  if (path === null) return "WAITING";
  if (path.isConnected) return "CONNECTED";
  return path.lastSeenAt === null ? "WAITING" : "LOST";
}

/** What the encoder of a session sees of its two paths now; null for what it has not told within the last seconds. */
export interface PathsReading {
  readonly sessionId: string;
  readonly pathA: PathSample | null;
  readonly pathB: PathSample | null;
  readonly activePath: "A" | "B";
  /** Whether an encoder holds the session, and was heard of within the last seconds. */
  readonly isServed: boolean;
}

/** What both signals of a language are seen to do. */
export function signalsOf(
  { isBackupEnabled }: { readonly isBackupEnabled: boolean },
  reading: PathsReading | null,
): { readonly primary: IngestState; readonly backup: IngestState } {
  return {
    primary: ingestStateOf(reading?.pathA ?? null, true),
    backup: ingestStateOf(reading?.pathB ?? null, isBackupEnabled),
  };
}

/** The signal that attendees see now; null while neither arrives. */
export function activeIngestOf(reading: PathsReading | null): IngestRole | null {
  const isOnBackup = reading?.activePath === "B";
  const path = isOnBackup ? reading.pathB : reading?.pathA;
  if (!path?.isConnected) return null;
  return isOnBackup ? "BACKUP" : "PRIMARY";
}
