import { readFileSync } from "node:fs";
import { join } from "node:path";
import { segmentDates } from "../origin/cues.rules.ts";
import type { EncoderPlan } from "./encoder-plan.ts";
import { playlistPath } from "./http-files.rules.ts";

/** Playlists that can be gone on from, by their paths within the live directory, each with the number of the first segment that it names. */
export type LeftPlaylists = ReadonlyMap<string, number>;

/** Those of a plan's outputs that an earlier encoder left. What cannot be read is none of them. */
export function readLeftPlaylists(liveDirectory: string, { outputs }: EncoderPlan): LeftPlaylists {
  const paths = outputs.flatMap((output) =>
    output.kind === "HTTP" && output.hls ? output.variants.map(({ name }) => playlistPath(output.token, name)) : [],
  );
  return new Map(
    paths.flatMap((path) => {
      const number = firstNumber(join(liveDirectory, path));
      return number === null ? [] : [[path, number] as const];
    }),
  );
}

function firstNumber(path: string): number | null {
  try {
    return segmentDates(readFileSync(path, "utf8"))[0]?.number ?? null;
  } catch {
    return null;
  }
}
