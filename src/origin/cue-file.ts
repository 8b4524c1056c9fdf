import { readFileSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../shared/parse-json.ts";
import type { PlacedCue } from "./cues.rules.ts";

/** The cues of an output, by the names of its media playlists. */
export type OutputCues = Readonly<Record<string, readonly PlacedCue[]>>;

/** Players cannot fetch it: the name is none that is served. */
const CUE_FILE = ".cues.json";
const OutputCues = z.record(z.string(), z.array(z.object({ at: z.number(), line: z.string() })));

/** Cues beside the playlists that they are served with; empty when there are none. */
export async function readCueFile(directory: string): Promise<OutputCues> {
  const text = await readFile(join(directory, CUE_FILE), "utf8").catch(() => "");
  return text === "" ? {} : parseCues(text);
}

export function readCueFileNow(directory: string): OutputCues {
  try {
    return parseCues(readFileSync(join(directory, CUE_FILE), "utf8"));
  } catch {
    return {};
  }
}

/** Whole or not at all. Throws when the directory is gone. */
export async function writeCueFile(directory: string, cues: OutputCues): Promise<void> {
  const path = join(directory, CUE_FILE);
  await writeFile(`${path}.tmp`, JSON.stringify(cues));
  await rename(`${path}.tmp`, path);
}

function parseCues(text: string): OutputCues {
  const parsed = OutputCues.safeParse(parseJson(text));
  return parsed.success ? parsed.data : {};
}
