import Hls, { type HlsConfig } from "hls.js";

export interface PlaybackOptions {
  readonly video: HTMLVideoElement;
  readonly url: string;
  readonly eventId: string;
  /** It cannot go on, and has to be begun anew. */
  readonly onLost: () => void;
}

/** A stream that is played. */
export interface Playback {
  /** Whether more of the stream has come within the last seconds. */
  readonly hasNews: () => boolean;
  /** Fetches nothing any more; what was fetched is played. */
  readonly stopLoading: () => void;
  readonly end: () => void;
}

const NEWS_MILLISECONDS = 12_000;
/** A decoder that fails again so soon is not recovered once more. */
const RECOVERY_MILLISECONDS = 10_000;

/** Null where the browser has no Media Source Extensions. */
export function playWithHls({ video, url, eventId, onLost }: PlaybackOptions): Playback | null {
  if (!Hls.isSupported()) return null;
  const hls = new Hls(configurationFor(url, eventId));
  let newsAt = Number.NEGATIVE_INFINITY;
  let recoveredAt = Number.NEGATIVE_INFINITY;
  hls.on(Hls.Events.LEVEL_UPDATED, (_event, { details }) => {
    if (details.updated) newsAt = performance.now();
  });
  hls.on(Hls.Events.ERROR, (_event, { fatal, type }) => {
    if (!fatal) return;
    const now = performance.now();
    if (type === Hls.ErrorTypes.MEDIA_ERROR && now - recoveredAt > RECOVERY_MILLISECONDS) {
      recoveredAt = now;
      hls.recoverMediaError();
    } else onLost();
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return { hasNews: () => performance.now() - newsAt < NEWS_MILLISECONDS, stopLoading: () => hls.stopLoad(), end: () => hls.destroy() };
}

function configurationFor(url: string, eventId: string): Partial<HlsConfig> {
  return {
    // A file of ours: a worker out of a blob would want a wider security policy.
    workerPath: new URL("../player/hls.worker.js", window.location.href).href,
    backBufferLength: 30,
    maxBufferLength: 30,
    ...(isOurs(url) && { cmcd: { sessionId: SESSION_ID, contentId: eventId, useHeaders: true, includeKeys: ["sid"] } }),
  };
}

/**
 * One viewer is told from another by `sid`, in a header: in the query it would make each viewer's addresses differ, and no cache on the
 * way could answer two of them. At another origin a header would cost a preflight, which caches and storages may refuse; there viewers
 * are counted by address and browser. Nothing else is told: it would be measured and read by nobody.
 */
const SESSION_ID = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

function isOurs(url: string): boolean {
  return new URL(url).origin === window.location.origin;
}

/** By the browser itself, as on phones without Media Source Extensions. */
export function playNatively({ video, url, onLost }: PlaybackOptions): Playback {
  const lose = (): void => onLost();
  video.addEventListener("error", lose);
  video.src = url;
  return {
    // Nobody can know: begun anew in any case.
    hasNews: () => true,
    stopLoading: () => undefined,
    end() {
      video.removeEventListener("error", lose);
      video.removeAttribute("src");
      video.load();
    },
  };
}
