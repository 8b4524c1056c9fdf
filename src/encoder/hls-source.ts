import { NotReached, resolveOrThrow, type NetworkAccess } from "../network/connect.ts";
import { fetchAllowed, type FetchedText } from "../network/fetch-allowed.ts";
import { webAddress } from "../network/web-address.ts";
import { readPlaylist, splitLines, type HlsPlaylist } from "./hls-playlist.rules.ts";
import { foreignAddress } from "./input-paths.ts";

/** What an HLS input is made of, read just before it is pulled. */
export interface HlsSource {
  /** Where the media playlist of the chosen variant stands, which may hold secrets. */
  readonly mediaUrl: string;
  /** That of its sound, where it stands apart. */
  readonly audioUrl: string | null;
  /** Three target durations: between two segments of a live playlist there is silence. */
  readonly silenceSeconds: number;
  /** Of the picture's playlist: another text once another segment is the newest; null where none will follow. */
  readonly edge: string | null;
}

export interface ReadHlsOptions {
  readonly access: NetworkAccess;
  readonly signal: AbortSignal;
}

type MediaPlaylist = Extract<HlsPlaylist, { kind: "MEDIA" }>;

export const PLAYLIST_LIMIT_BYTES = 1_500_000;
const SILENCE_SECONDS_LEAST = 6;
const TARGET_DURATIONS = 3;

/**
 * Reads the playlist that an HLS input names and, where it is a master, that of its best variant.
 * Throws `AddressRefused`, and `NotReached` with a sentence without the URL.
 */
export async function readHlsSource(url: string, options: ReadHlsOptions): Promise<HlsSource> {
  const first = await fetchPlaylist(url, options);
  if (first.playlist.kind === "MEDIA") return sourceOf(first.url, null, first.playlist);
  const { variant } = first.playlist;
  if (!variant) throw new NotReached("The master playlist of the input names no variant.");
  const uri = resolveUri(variant.uri, first.url);
  const audioUri = variant.audioUri === null ? null : resolveUri(variant.audioUri, first.url);
  if (audioUri !== null) await resolveOrThrow(new URL(audioUri).hostname, options.access.resolve);
  const media = await fetchPlaylist(uri, options);
  if (media.playlist.kind !== "MEDIA") throw new NotReached("The best variant of the input is a master playlist again.");
  return sourceOf(media.url, audioUri, media.playlist);
}

function resolveUri(uri: string, base: string): string {
  const address = webAddress(uri, base);
  if (address === null) throw foreignAddress();
  return address;
}

function sourceOf(mediaUrl: string, audioUrl: string | null, { targetSeconds, edge }: MediaPlaylist): HlsSource {
  return { mediaUrl, audioUrl, silenceSeconds: silenceSecondsOf(targetSeconds), edge };
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
  const lines = splitLines(fetched.text);
  if (!lines) throw new NotReached("The playlist of the input is too long.");
  return { ...fetched, playlist: readPlaylist(lines) };
}
