import { masterPlaylist, readPlaylist } from "./hls-playlist.rules.ts";

/** What an HLS input is made of, read just before it is pulled. */
export interface HlsSource {
  /** A master playlist that names one variant, and its audio where that is apart. */
  readonly script: string;
  /** Three target durations: between two segments of a live playlist there is silence. */
  readonly silenceSeconds: number;
}

export type HlsReading = { readonly source: HlsSource } | { readonly problem: string };

export interface ReadHlsOptions {
  /** Says why an address may not be fetched, or null. */
  readonly refuse: (url: string) => Promise<string | null>;
  readonly signal: AbortSignal;
}

const PLAYLIST_LIMIT_BYTES = 2_000_000;
const FETCH_DEADLINE_MILLISECONDS = 5_000;
const REDIRECT_LIMIT = 5;
const SILENCE_SECONDS_LEAST = 6;
const TARGET_DURATIONS = 3;

/**
 * Reads the playlist that an HLS input names and, where it is a master, that of its best variant. Every address is checked
 * before it is fetched, those of redirects and of the variant too. Problems are sentences without the URL.
 */
export async function readHlsSource(url: string, options: ReadHlsOptions): Promise<HlsReading> {
  try {
    const first = await fetchPlaylist(url, options);
    if (first.playlist.kind === "MEDIA") return sourceOf(first.url, null, first.playlist.targetSeconds);
    const { variant } = first.playlist;
    if (!variant) return { problem: "The master playlist of the input names no variant." };
    const uri = new URL(variant.uri, first.url).href;
    const audioUri = variant.audioUri === null ? null : new URL(variant.audioUri, first.url).href;
    const refusal = audioUri === null ? null : await options.refuse(audioUri);
    if (refusal !== null) return { problem: refusal };
    const media = await fetchPlaylist(uri, options);
    if (media.playlist.kind !== "MEDIA") return { problem: "The best variant of the input is a master playlist again." };
    return sourceOf(media.url, audioUri, media.playlist.targetSeconds);
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function sourceOf(uri: string, audioUri: string | null, targetSeconds: number): HlsReading {
  const silenceSeconds = Math.max(SILENCE_SECONDS_LEAST, TARGET_DURATIONS * targetSeconds);
  return { source: { script: masterPlaylist(uri, audioUri), silenceSeconds } };
}

class PlaylistProblem extends Error {}

async function fetchPlaylist(
  url: string,
  { refuse, signal }: ReadHlsOptions,
): Promise<{ url: string; playlist: ReturnType<typeof readPlaylist> }> {
  let address = url;
  for (let redirects = 0; redirects <= REDIRECT_LIMIT; redirects += 1) {
    const refusal = await refuse(address);
    if (refusal !== null) throw new PlaylistProblem(refusal);
    const { target, headers } = withoutUserInfo(address);
    const response = await fetch(target, {
      redirect: "manual",
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_DEADLINE_MILLISECONDS)]),
    });
    const location = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      address = new URL(location, address).href;
      continue;
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new PlaylistProblem(`The server of the input answered with status ${response.status}.`);
    }
    const text = await readLimited(response);
    if (!text.trimStart().startsWith("#EXTM3U")) throw new PlaylistProblem("What the input's URL gives is not an HLS playlist.");
    return { url: address, playlist: readPlaylist(text) };
  }
  throw new PlaylistProblem("The input's URL redirects too often.");
}

/** `fetch` refuses user names in URLs; they become the header that they mean. */
function withoutUserInfo(address: string): { readonly target: string; readonly headers: Record<string, string> } {
  const url = new URL(address);
  if (url.username === "" && url.password === "") return { target: address, headers: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  return { target: url.href, headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}

async function readLimited(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  if (response.body) {
    for await (const piece of response.body) {
      bytes += piece.length;
      if (bytes > PLAYLIST_LIMIT_BYTES) throw new PlaylistProblem("The playlist of the input is too long.");
      pieces.push(piece);
    }
  }
  return Buffer.concat(pieces).toString("utf8");
}

function problemOf(error: unknown): string {
  if (error instanceof PlaylistProblem) return error.message;
  if (error instanceof Error && error.name === "TimeoutError") return "The server of the input did not answer in time.";
  const cause = error instanceof Error && error.cause instanceof Error && "code" in error.cause ? ` (${String(error.cause.code)})` : "";
  return `The server of the input cannot be reached${cause}.`;
}
