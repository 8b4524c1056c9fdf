import { AddressRefused, NotReached, type NetworkAccess } from "../network/connect.ts";
import type { ProxyAnswer } from "../network/egress-proxy.ts";
import { fetchAllowed } from "../network/fetch-allowed.ts";
import { webAddress } from "../network/web-address.ts";
import { readManifest, type DashManifest } from "./dash-manifest.rules.ts";
import { bestOf, renderPlaylist, SegmentNumbering, segmentsOf, type DashSegment } from "./dash-segments.rules.ts";
import { PLAYLIST_LIMIT_BYTES, silenceSecondsOf } from "./hls-source.ts";
import { foreignAddress, NamedParts, playlistPath, segmentPath, segmentNumberAt, type MediaName } from "./input-paths.ts";

export interface DashViewOptions {
  readonly access: NetworkAccess;
  readonly signal: AbortSignal;
}

export interface DashView {
  /** Which playlists of ours it has; the first holds its picture where it has one. */
  readonly media: readonly MediaName[];
  readonly silenceSeconds: number;
  /** Another text once another segment is the newest; null where none will follow. */
  readonly edge: string | null;
  /** What stands at a path of ours. Throws `AddressRefused`. */
  readonly answer: (path: string) => Promise<ProxyAnswer>;
}

const KINDS = { video: "VIDEO", audio: "AUDIO" } as const;
const LEAST_MILLISECONDS = 1_000;
/** A manifest that takes long to read is read so much less often, since everything else waits meanwhile. */
const READING_SHARE = 0.1;
const SEGMENTS_MEASURED = 100;

/**
 * A DASH stream as HLS: ffmpeg's own reader of live manifests rounds times to seconds, and was seen to take segments twice and to
 * leave some out within 15 s, where its reader of HLS does neither. The manifest is read anew whenever a playlist is asked for.
 * Throws `AddressRefused`, and `NotReached` with a sentence.
 */
export async function openDashView(url: string, options: DashViewOptions): Promise<DashView> {
  const manifests = new ManifestReader(url, options);
  await manifests.renew();
  const playlists = { video: new OwnPlaylist("video"), audio: new OwnPlaylist("audio") };
  return {
    ...describe(manifests.newest),
    answer: async (path) => {
      for (const playlist of [playlists.video, playlists.audio]) {
        if (path !== playlist.path) continue;
        await manifests.renew();
        return { playlist: playlist.render(manifests.newest) };
      }
      const found = playlists.video.at(path) ?? playlists.audio.at(path);
      return found === null ? null : { url: found };
    },
  };
}

/** Reads the manifest as often as it says; what was read last still holds for some time. */
class ManifestReader {
  readonly #options: DashViewOptions;
  #url: string;
  #newest: DashManifest | null = null;
  #readAt = 0;
  #readingMilliseconds = 0;
  #reading: Promise<void> | null = null;

  constructor(url: string, options: DashViewOptions) {
    this.#url = url;
    this.#options = options;
  }

  get newest(): DashManifest {
    if (!this.#newest) throw new NotReached("The manifest of the input was not read yet.");
    return this.#newest;
  }

  /** Throws for the first time when it cannot be read, and later only when its address is refused. */
  renew(): Promise<void> {
    this.#reading ??= this.#renew().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #renew(): Promise<void> {
    const before = this.#newest;
    if (before && (!before.isLive || performance.now() < this.#nextAt(before))) return;
    this.#readAt = performance.now();
    try {
      await this.#read();
    } catch (error) {
      if (!before || error instanceof AddressRefused) throw error;
    }
  }

  #nextAt({ updateSeconds }: DashManifest): number {
    return this.#readAt + Math.max(LEAST_MILLISECONDS, updateSeconds * 500, this.#readingMilliseconds / READING_SHARE);
  }

  async #read(): Promise<void> {
    const { access, signal } = this.#options;
    const fetched = await fetchAllowed(this.#url, { access, signal, limitBytes: PLAYLIST_LIMIT_BYTES });
    const startedAt = performance.now();
    const manifest = readManifest(fetched.text, fetched.url);
    this.#readingMilliseconds = performance.now() - startedAt;
    if (!manifest) throw new NotReached("What the input's URL gives is not a DASH manifest.");
    this.#newest = manifest;
    this.#url = manifest.location ?? this.#url;
  }
}

/** A playlist of ours of one kind of media, and where what it names stands. */
class OwnPlaylist {
  readonly path: string;
  readonly #name: MediaName;
  readonly #numbering = new SegmentNumbering();
  #first = 0;
  #segments: readonly DashSegment[] = [];
  #parts = new NamedParts();

  constructor(name: MediaName) {
    this.#name = name;
    this.path = playlistPath(name);
  }

  render(manifest: DashManifest): string {
    this.#segments = segmentsOf(manifest, KINDS[this.#name], Date.now() / 1_000);
    this.#first = this.#numbering.number(this.#segments);
    const parts = new NamedParts();
    const own = this.#segments.map((segment, index) => ({
      ...segment,
      url: segmentPath(this.#name, this.#first + index, "m4s"),
      initializationUrl: segment.initializationUrl === null ? null : parts.add(checked(segment.initializationUrl)),
    }));
    this.#segments.forEach(({ url }) => checked(url));
    this.#parts = parts;
    return renderPlaylist(own, this.#first, manifest.isLive);
  }

  at(path: string): string | null {
    const number = segmentNumberAt(path, this.#name);
    return (number === null ? null : this.#segments[number - this.#first]?.url) ?? this.#parts.at(path);
  }
}

function checked(url: string): string {
  if (webAddress(url, url) === null) throw foreignAddress();
  return url;
}

function describe(manifest: DashManifest): Omit<DashView, "answer"> {
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
  return {
    media: [...(hasVideo ? (["video"] as const) : []), ...(hasAudio ? (["audio"] as const) : [])],
    silenceSeconds: silenceSecondsOf(longest),
    edge: manifest.isLive ? (segments.at(-1)?.key ?? null) : null,
  };
}
