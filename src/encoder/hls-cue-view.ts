import { NotReached, type NetworkAccess } from "../network/connect.ts";
import type { OwnAnswer } from "../network/egress-proxy.ts";
import { fetchAllowed } from "../network/fetch-allowed.ts";
import { rangesUpTo, readInputPlaylist, type InputCue, type InputPlaylist } from "./hls-cues.rules.ts";
import { PLAYLIST_LIMIT_BYTES } from "./hls-source.ts";

/** A host that no name server knows: what is asked of it is answered by ourselves. */
export const HLS_HOST = "hls.invalid";
export const HLS_VIEW_URL = `http://${HLS_HOST}/media.m3u8`;

export interface HlsCueViewOptions {
  /** Of the media playlist. */
  readonly url: string;
  readonly access: NetworkAccess;
  readonly signal: AbortSignal;
  /** All media before this moment has been read; what comes next is what the cue belongs to. */
  readonly onCue: (cue: InputCue) => void;
  readonly onProblem: (error: unknown) => void;
}

const TOLD_LIMIT = 10_000;

/**
 * The media playlist of an HLS input as its reader sees it: its own, but that segments are asked of us, who send on to where they are.
 * So we read the very playlists that the reader does, and know from its asking for a segment that it has come to the cues in front of
 * it: no timestamp has to be understood, be the segments encrypted, in MP4, or their clock set anew.
 */
export function openHlsCueView({ url, access, signal, onCue, onProblem }: HlsCueViewOptions): (path: string) => Promise<OwnAnswer> {
  const told = new Set<string>();
  let newest: InputPlaylist | null = null;
  let isFirst = true;

  const tell = (cue: InputCue, key: string): void => {
    if (told.has(key)) return;
    if (told.size >= TOLD_LIMIT) told.clear();
    told.add(key);
    onCue(cue);
  };
  const playlist = async (): Promise<OwnAnswer> => {
    try {
      const fetched = await fetchAllowed(url, { access, signal, limitBytes: PLAYLIST_LIMIT_BYTES });
      newest = readInputPlaylist(fetched.text, fetched.url, (number, extension) => `http://${HLS_HOST}/${number}.${extension}`);
      return newest.own;
    } catch (error) {
      if (!(error instanceof NotReached)) onProblem(error);
      return null;
    }
  };
  const segment = (number: number): OwnAnswer => {
    const found = newest?.segments.find((candidate) => candidate.number === number);
    if (!newest || !found) return null;
    for (const line of found.cues) tell({ line, placeSeconds: 0, startSeconds: null }, `${number} ${found.url} ${line}`);
    for (const cue of rangesUpTo(newest, found)) {
      // What was over when we came is not told.
      if (isFirst && (cue.startSeconds ?? 0) < 0) told.add(cue.line);
      tell(cue, cue.line);
    }
    isFirst = false;
    return { location: found.url };
  };
  return (path) => {
    const number = /^\/(\d{1,15})\.\w+$/.exec(path)?.[1];
    return path === "/media.m3u8" ? playlist() : Promise.resolve(number === undefined ? null : segment(Number(number)));
  };
}
