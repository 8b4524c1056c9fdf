import { NotReached, resolveOrThrow, type NetworkAccess } from "../network/connect.ts";
import { fetchAllowed, type FetchedText } from "../network/fetch-allowed.ts";
import { masterPlaylist, readPlaylist } from "./hls-playlist.rules.ts";

/** What an HLS input is made of, read just before it is pulled. */
export interface HlsSource {
  /** A master playlist that names one variant, and its audio where that is apart. */
  readonly script: string;
  /** Three target durations: between two segments of a live playlist there is silence. */
  readonly silenceSeconds: number;
  /** Where the media playlist of the chosen variant stands, which may hold secrets; null where it is our own. */
  readonly mediaUrl: string | null;
  /** That of its sound, where it stands apart. */
  readonly audioUrl: string | null;
}

export interface ReadHlsOptions {
  readonly access: NetworkAccess;
  readonly signal: AbortSignal;
}

export const PLAYLIST_LIMIT_BYTES = 2_000_000;
const SILENCE_SECONDS_LEAST = 6;
const TARGET_DURATIONS = 3;

/**
 * Reads the playlist that an HLS input names and, where it is a master, that of its best variant.
 * Throws `AddressRefused`, and `NotReached` with a sentence without the URL.
 */
export async function readHlsSource(url: string, options: ReadHlsOptions): Promise<HlsSource> {
  const first = await fetchPlaylist(url, options);
  if (first.playlist.kind === "MEDIA") return sourceOf(first.url, null, first.playlist.targetSeconds);
  const { variant } = first.playlist;
  if (!variant) throw new NotReached("The master playlist of the input names no variant.");
  const uri = resolveUri(variant.uri, first.url);
  const audioUri = variant.audioUri === null ? null : resolveUri(variant.audioUri, first.url);
  if (audioUri !== null) await resolveOrThrow(new URL(audioUri).hostname, options.access.resolve);
  const media = await fetchPlaylist(uri, options);
  if (media.playlist.kind !== "MEDIA") throw new NotReached("The best variant of the input is a master playlist again.");
  return sourceOf(media.url, audioUri, media.playlist.targetSeconds);
}

function resolveUri(uri: string, base: string): string {
  if (!URL.canParse(uri, base)) throw new NotReached("The master playlist of the input names something that is no URL.");
  return new URL(uri, base).href;
}

function sourceOf(uri: string, audioUri: string | null, targetSeconds: number): HlsSource {
  return { script: masterPlaylist(uri, audioUri), silenceSeconds: silenceSecondsOf(targetSeconds), mediaUrl: uri, audioUrl: audioUri };
}

/** Of what comes in segments of this length. */
export function silenceSecondsOf(segmentSeconds: number): number {
  return Math.max(SILENCE_SECONDS_LEAST, TARGET_DURATIONS * segmentSeconds);
}

async function fetchPlaylist(
  url: string,
  { access, signal }: ReadHlsOptions,
): Promise<FetchedText & { readonly playlist: ReturnType<typeof readPlaylist> }> {
  const fetched = await fetchAllowed(url, { access, signal, limitBytes: PLAYLIST_LIMIT_BYTES });
  if (!fetched.text.trimStart().startsWith("#EXTM3U")) throw new NotReached("What the input's URL gives is not an HLS playlist.");
  return { ...fetched, playlist: readPlaylist(fetched.text) };
}
