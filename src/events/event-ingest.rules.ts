import type { PathSample } from "../encoder/telemetry.rules.ts";
import type { IngestState } from "./event.rules.ts";

/** What a role's signal is seen to do: of a backup that is not configured, nothing is asked. */
export function ingestStateOf(path: PathSample | null, isConfigured: boolean): IngestState {
  if (!isConfigured) return "NOT_CONFIGURED";
  if (path === null) return "WAITING";
  if (path.isConnected) return "CONNECTED";
  return path.lastSeenAt === null ? "WAITING" : "LOST";
}
