import { NotReached, type NetworkAccess } from "../network/connect.ts";
import type { ProxyAnswer } from "../network/egress-proxy.ts";
import { fetchAllowed } from "../network/fetch-allowed.ts";
import { rangesUpTo, type InputCue } from "./hls-cues.rules.ts";
import { readInputPlaylist, type InputPlaylist } from "./hls-input.rules.ts";
import { splitLines } from "./hls-playlist.rules.ts";
import { PLAYLIST_LIMIT_BYTES } from "./hls-source.ts";
import { foreignAddress, playlistPath, segmentNumberAt, type MediaName } from "./input-paths.ts";

export interface HlsViewOptions {
  /** Of the media playlist. */
  readonly url: string;
  readonly name: MediaName;
  readonly access: NetworkAccess;
  readonly signal: AbortSignal;
  /** All media before this moment has been read; what comes next is what the cue belongs to. Left out where cues are not wanted. */
  readonly onCue?: (cue: InputCue) => void;
}

const TOLD_LIMIT = 10_000;
/** Whatever the playlist says of its pace, it is not fetched more often. */
const LEAST_MILLISECONDS = 250;

/**
 * A media playlist of an HLS input as its reader sees it: written anew, every address in it one of ours. So the reader goes nowhere by
 * itself; we read the very playlists that it does, and know from its asking for a segment that it has come to the cues in front of it:
 * no timestamp has to be understood, be the segments encrypted, in MP4, or their clock set anew.
 */
export function openHlsView({ url, name, access, signal, onCue }: HlsViewOptions): (path: string) => Promise<ProxyAnswer> {
  const teller = onCue ? new CueTeller(onCue) : null;
  let newest: InputPlaylist | null = null;
  let readAt = -Infinity;

  const playlist = async (): Promise<ProxyAnswer> => {
    if (newest && performance.now() - readAt < LEAST_MILLISECONDS) return { playlist: newest.own };
    readAt = performance.now();
    const fetched = await fetchAllowed(url, { access, signal, limitBytes: PLAYLIST_LIMIT_BYTES });
    const lines = splitLines(fetched.text);
    if (!lines) throw new NotReached("The playlist of the input is too long.");
    newest = readInputPlaylist(lines, fetched.url, name);
    if (!newest) throw foreignAddress();
    return { playlist: newest.own };
  };
  return async (path) => {
    if (path === playlistPath(name)) return playlist();
    const number = segmentNumberAt(path, name);
    const segment = newest?.segments.find((candidate) => candidate.number === number);
    if (newest && segment) teller?.tell(newest, segment);
    const found = segment?.url ?? newest?.parts.at(path) ?? null;
    return found === null ? null : { url: found };
  };
}

/** Tells each cue once. */
class CueTeller {
  readonly #told = new Set<string>();
  readonly #onCue: (cue: InputCue) => void;
  #isFirst = true;

  constructor(onCue: (cue: InputCue) => void) {
    this.#onCue = onCue;
  }

  tell(playlist: InputPlaylist, segment: InputPlaylist["segments"][number]): void {
    for (const line of segment.cues) this.#once({ line, placeSeconds: 0, startSeconds: null }, `${segment.number} ${segment.url} ${line}`);
    for (const cue of rangesUpTo(playlist, segment)) {
      // What was over when we came is not told.
      if (this.#isFirst && (cue.startSeconds ?? 0) < 0) this.#told.add(cue.line);
      this.#once(cue, cue.line);
    }
    this.#isFirst = false;
  }

  #once(cue: InputCue, key: string): void {
    if (this.#told.has(key)) return;
    if (this.#told.size >= TOLD_LIMIT) this.#told.clear();
    this.#told.add(key);
    this.#onCue(cue);
  }
}
