import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { segmentDates } from "../origin/cues.rules.ts";
import type { EncoderPlan, PlannedHttp, PlannedVariant } from "./encoder-plan.ts";
import { playlistPath, SEGMENT_EXTENSIONS } from "./http-files.rules.ts";
import { emptyLiveDirectoryNow, liveDirectory } from "./live-directory.ts";

/** Playlists that can be gone on from, by their paths within the live directory, each with the number of the first segment that it names. */
export type LeftPlaylists = ReadonlyMap<string, number>;

/** What an earlier encoder left of a plan's outputs. An output of which something does not fit begins anew, with nothing that was. */
export function takeUpPlaylists(mediaRoot: string, { outputs }: EncoderPlan): LeftPlaylists {
  return new Map(outputs.flatMap((output) => (output.kind === "HTTP" && output.hls ? takeUp(mediaRoot, output) : [])));
}

function takeUp(mediaRoot: string, { token, variants }: PlannedHttp): readonly (readonly [path: string, firstNumber: number])[] {
  const live = liveDirectory(mediaRoot);
  const there = variants.filter(({ name }) => existsSync(join(live, playlistPath(token, name))));
  const left = there.flatMap((variant) => {
    const path = playlistPath(token, variant.name);
    const number = firstNumber(join(live, path), variant);
    return number === null ? [] : [[path, number] as const];
  });
  if (left.length > 0 && left.length === there.length) return left;
  // Nobody else removes segments that no playlist names any more.
  emptyLiveDirectoryNow(mediaRoot, token);
  return [];
}

/**
 * Null for a playlist that cannot be gone on from: players cannot go from one kind of segment to another within one, and what a full
 * disk has cut short names what is not there.
 */
function firstNumber(path: string, { segmentType }: PlannedVariant): number | null {
  try {
    const playlist = readFileSync(path, "utf8");
    const endsWithSegment = playlist.endsWith(`.${SEGMENT_EXTENSIONS[segmentType]}\n`);
    return endsWithSegment ? (segmentDates(playlist)[0]?.number ?? null) : null;
  } catch {
    return null;
  }
}
