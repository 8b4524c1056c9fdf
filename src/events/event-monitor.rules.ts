import type { IngestRole, IngestState, EventStatus } from "./event.rules.ts";
import { activeIngestOf, signalsOf, type PathsReading } from "./event-ingest.rules.ts";

/** How an event does at one moment. */
export interface EventMonitor {
  readonly id: string;
  readonly at: Date;
  readonly status: EventStatus;
  readonly streamingSeconds: number;
  readonly viewerCount: number;
  readonly languages: readonly EventLanguageMonitor[];
  readonly serverAvailable: boolean;
}

export interface EventLanguageMonitor {
  readonly code: string;
  readonly viewerCount: number;
  readonly primary: IngestState;
  readonly backup: IngestState;
  readonly activeIngest: IngestRole | null;
}

/** What of an event is monitored. */
export interface MonitoredEvent {
  readonly id: string;
  readonly status: EventStatus;
  readonly liveSince: Date | null;
  readonly endedAt: Date | null;
  readonly languages: readonly { readonly code: string; readonly sessionId: string; readonly isBackupEnabled: boolean }[];
}

/** What was read of its sessions, by their ids. */
export interface MonitorReading {
  readonly at: Date;
  readonly pathsOf: (sessionId: string) => PathsReading | null;
  readonly viewersOf: (sessionId: string) => number;
}

export function monitorOf(event: MonitoredEvent, { at, pathsOf, viewersOf }: MonitorReading): EventMonitor {
  const languages = event.languages.map((language) => {
    const paths = pathsOf(language.sessionId);
    const { code, sessionId } = language;
    return { code, viewerCount: viewersOf(sessionId), ...signalsOf(language, paths), activeIngest: activeIngestOf(paths) };
  });
  return {
    id: event.id.replace(/^event_/, "eventmonitor_"),
    at,
    status: event.status,
    streamingSeconds: streamingSecondsOf(event, at),
    viewerCount: languages.reduce((sum, { viewerCount }) => sum + viewerCount, 0),
    languages,
    serverAvailable: event.languages.every(({ sessionId }) => pathsOf(sessionId)?.isServed ?? false),
  };
}

/** Whole seconds since it went live, up to its end; a test does not count. */
function streamingSecondsOf({ liveSince, endedAt }: MonitoredEvent, at: Date): number {
  if (liveSince === null) return 0;
  return Math.max(0, Math.floor(((endedAt ?? at).getTime() - liveSince.getTime()) / 1_000));
}
