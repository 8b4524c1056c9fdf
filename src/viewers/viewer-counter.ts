import { VIEWER_WINDOW_SECONDS } from "./viewer.rules.ts";

/** Who watches what at this process, as of the last seconds; in memory alone, and who they are is kept no longer. */
export interface ViewerCounter {
  /** A viewer fetched something of a session. */
  readonly see: (sessionId: string, viewer: string) => void;
  /** How many watch each session now; those that nobody watches are left out. */
  readonly counts: () => ReadonlyMap<string, number>;
}

export interface ViewerCounterOptions {
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /** Viewers that are remembered at most, some 100 bytes each; beyond them none is counted. */
  readonly limit?: number;
}

const VIEWER_LIMIT = 500_000;
const WINDOW_MILLISECONDS = VIEWER_WINDOW_SECONDS * 1_000;

export function createViewerCounter({ now = () => performance.now(), limit = VIEWER_LIMIT }: ViewerCounterOptions = {}): ViewerCounter {
  /** By session and viewer: when it was last seen, the longest ago first. */
  const sessions = new Map<string, Map<string, number>>();
  let total = 0;

  function forgetOld(): void {
    const oldest = now() - WINDOW_MILLISECONDS;
    for (const [sessionId, viewers] of sessions) {
      for (const [viewer, seenAt] of viewers) {
        if (seenAt > oldest) break;
        viewers.delete(viewer);
        total -= 1;
      }
      if (viewers.size === 0) sessions.delete(sessionId);
    }
  }

  return {
    see(sessionId, viewer) {
      const viewers = sessions.get(sessionId) ?? new Map<string, number>();
      if (viewers.delete(viewer)) total -= 1;
      else if (total >= limit) return;
      viewers.set(viewer, now());
      total += 1;
      sessions.set(sessionId, viewers);
    },
    counts() {
      forgetOld();
      return new Map([...sessions].map(([sessionId, viewers]) => [sessionId, viewers.size]));
    },
  };
}
