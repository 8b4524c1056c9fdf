import type { AssetKind, AssetStatus } from "../assets/asset.rules.ts";

/**
 * A file or a playlist that this encoder makes or has made. No lease is asked for: its files are here, whoever runs the session by now,
 * and finishing them may well end after the session does.
 */
export interface AssetReport {
  /** An `asset` identifier of the encoder's making, and the name of its directory. */
  readonly id: string;
  readonly organizationId: string;
  readonly sessionId: string;
  readonly runId: string;
  /** Null for what no process made, such as a clip. */
  readonly processId: string | null;
  readonly kind: AssetKind;
  /** What it was made of, as it was called then; null when that is not known. */
  readonly playbackName: string | null;
  readonly renditionName: string | null;
  /** Within its directory: the file, or the playlist that leads to the others. */
  readonly fileName: string;
  readonly contentType: string;
  /** READY is final: nothing that is told later changes that row. */
  readonly status: AssetStatus;
  /** Why it failed, or what its end waits for, one sentence for the operator; null else. */
  readonly reason: string | null;
  /** Of all its files; null while that is not known. */
  readonly bytes: number | null;
  /** Null while that is not known, and for pictures. */
  readonly durationSeconds: number | null;
  /** Of a replay that keeps its newest part alone, how long everything was together that it dropped; 0 for everything else. */
  readonly droppedSeconds: number;
  /** Beside the file, the captions that came with it; null where none did, and before it is whole. */
  readonly captionsFileName: string | null;
  /** It is over, and there is no room here to finish it. */
  readonly waitsForRoom: boolean;
  /** ISO text. */
  readonly createdAt: string;
}

/** What an encoder has to tell of its assets, kept until the database has taken it. */
export interface AssetTeller {
  /** Tells of an asset as it is by now; the newest takes the place of what was told of it before. Growth alone is worth telling every 10 s at most. */
  readonly tell: (report: AssetReport) => void;
  readonly unwritten: () => readonly AssetReport[];
  /** These are written, or will never be. */
  readonly confirm: (reports: readonly AssetReport[]) => void;
  /** Calls `wake` whenever there is something to write. */
  readonly onNews: (wake: () => void) => void;
}

export function createAssetTeller(): AssetTeller {
  const newest = new Map<string, AssetReport>();
  let wakeReader = (): void => undefined;
  return {
    tell(report) {
      newest.set(report.id, report);
      wakeReader();
    },
    unwritten: () => [...newest.values()],
    confirm(reports) {
      for (const report of reports) if (newest.get(report.id) === report) newest.delete(report.id);
    },
    onNews(wake) {
      wakeReader = wake;
    },
  };
}
