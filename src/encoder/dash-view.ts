import { NotReached, type NetworkAccess } from "../network/connect.ts";
import { fetchAllowed } from "../network/fetch-allowed.ts";
import { readManifest, type DashManifest } from "./dash-manifest.rules.ts";
import { bestOf, renderPlaylist, SegmentNumbering, segmentsOf } from "./dash-segments.rules.ts";
import { masterPlaylist } from "./hls-playlist.rules.ts";
import { PLAYLIST_LIMIT_BYTES, silenceSecondsOf, type HlsSource } from "./hls-source.ts";

/** A host that no name server knows: what is asked of it is answered by ourselves. */
export const DASH_HOST = "dash.invalid";

export interface DashViewOptions {
  readonly access: NetworkAccess;
  readonly signal: AbortSignal;
  /** What was looked for is not there any more, or is refused. */
  readonly onProblem: (error: unknown) => void;
}

export interface DashView {
  readonly source: HlsSource;
  /** A playlist of ours by its path; null for any other. */
  readonly answer: (path: string) => Promise<string | null>;
}

const PATHS = { "/video.m3u8": "VIDEO", "/audio.m3u8": "AUDIO" } as const;
const LEAST_MILLISECONDS = 1_000;
const SEGMENTS_MEASURED = 100;

/**
 * A DASH stream as HLS: ffmpeg's own reader of live manifests rounds times to seconds, and was seen to take segments twice and to
 * leave some out within 15 s, where its reader of HLS does neither. The manifest is read anew whenever a playlist is asked for.
 * Throws `AddressRefused`, and `NotReached` with a sentence.
 */
export async function openDashView(url: string, options: DashViewOptions): Promise<DashView> {
  const { access, signal, onProblem } = options;
  const read = async (from: string): Promise<{ readonly manifest: DashManifest; readonly url: string }> => {
    const fetched = await fetchAllowed(from, { access, signal, limitBytes: PLAYLIST_LIMIT_BYTES });
    const manifest = readManifest(fetched.text, fetched.url);
    if (!manifest) throw new NotReached("What the input's URL gives is not a DASH manifest.");
    return { manifest, url: manifest.location ?? from };
  };
  let newest = await read(url);
  let readAt = performance.now();
  let reading: Promise<void> | null = null;
  const renew = async (): Promise<void> => {
    const pause = Math.max(LEAST_MILLISECONDS, newest.manifest.updateSeconds * 500);
    if (!newest.manifest.isLive || performance.now() - readAt < pause) return;
    readAt = performance.now();
    // What was read last still holds for some time.
    newest = await read(newest.url).catch((error: unknown) => {
      onProblem(error);
      return newest;
    });
  };
  const numberings = { VIDEO: new SegmentNumbering(), AUDIO: new SegmentNumbering() };
  return {
    source: sourceOf(newest.manifest),
    answer: async (path) => {
      const kind = Object.hasOwn(PATHS, path) ? PATHS[path as keyof typeof PATHS] : null;
      if (kind === null) return null;
      reading ??= renew().finally(() => {
        reading = null;
      });
      await reading;
      const segments = segmentsOf(newest.manifest, kind, Date.now() / 1_000);
      return renderPlaylist(segments, numberings[kind].number(segments), newest.manifest.isLive);
    },
  };
}

function sourceOf(manifest: DashManifest): HlsSource {
  const [hasVideo, hasAudio] = [bestOf(manifest, "VIDEO").length > 0, bestOf(manifest, "AUDIO").length > 0];
  if (!hasVideo && !hasAudio) {
    const isEncrypted = manifest.representations.some((one) => one.isEncrypted);
    throw new NotReached(
      isEncrypted
        ? "The manifest of the input holds encrypted media alone, which cannot be taken in."
        : "The manifest of the input names no segments by a template, which is what can be taken in.",
    );
  }
  const now = Date.now() / 1_000;
  const segments = segmentsOf(manifest, hasVideo ? "VIDEO" : "AUDIO", now);
  if (segments.length === 0) throw new NotReached("The manifest of the input names no segment yet.");
  const longest = Math.max(...segments.slice(0, SEGMENTS_MEASURED).map(({ seconds }) => seconds));
  const address = (name: string): string => `http://${DASH_HOST}/${name}.m3u8`;
  return {
    script: masterPlaylist(address(hasVideo ? "video" : "audio"), hasVideo && hasAudio ? address("audio") : null),
    silenceSeconds: silenceSecondsOf(longest),
    mediaUrl: null,
    audioUrl: null,
  };
}
