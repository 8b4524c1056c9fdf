import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const POLL_MILLISECONDS = 10;
const FIRST_LIMIT_MILLISECONDS = 60_000;

/** Resolves, with the moment, once each of so many media playlists of an output names a segment. */
export async function firstSegment(directory: string, playlistCount: number): Promise<number> {
  return until(() => {
    const names = mediaPlaylists(directory);
    return names.length === playlistCount && names.every((name) => read(join(directory, name)).includes("#EXTINF"));
  }, `No segment was listed in ${directory}`);
}

/** Resolves, with the moment, once the condition holds; throws with the sentence when it does not in a minute. */
export async function until(isReached: () => boolean, otherwise: string): Promise<number> {
  const limit = performance.now() + FIRST_LIMIT_MILLISECONDS;
  while (!isReached()) {
    if (performance.now() > limit) throw new Error(otherwise);
    await wait(POLL_MILLISECONDS);
  }
  return performance.now();
}

function mediaPlaylists(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => /^v\d+\.m3u8$/.test(name));
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** What one media playlist named while it was watched. */
export interface Watched {
  readonly segments: Map<number, number>;
  /** Breaks that it told of, each once. */
  discontinuities: number;
}

export function watchPlaylist(): Watched {
  return { segments: new Map(), discontinuities: 0 };
}

/** To be called more often than a playlist goes by. */
export function notePlaylist(watched: Watched, path: string): void {
  const lines = read(path).split("\n");
  let number = Number(lines.find((line) => line.startsWith("#EXT-X-MEDIA-SEQUENCE:"))?.split(":")[1] ?? Number.NaN);
  watched.discontinuities = Math.max(watched.discontinuities, lines.filter((line) => line === "#EXT-X-DISCONTINUITY").length);
  for (const line of lines) {
    if (!line.startsWith("#EXTINF:")) continue;
    watched.segments.set(number, Number.parseFloat(line.slice("#EXTINF:".length)));
    number += 1;
  }
}

/** Numbers that were left out between the first and the last, and seconds of media from the one to the other. */
export function sumUp({ segments }: Watched): { readonly missing: number; readonly seconds: number } {
  const numbers = [...segments.keys()];
  const span = numbers.length === 0 ? 0 : Math.max(...numbers) - Math.min(...numbers) + 1;
  return { missing: span - numbers.length, seconds: [...segments.values()].reduce((sum, seconds) => sum + seconds, 0) };
}
