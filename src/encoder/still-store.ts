import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { statSync } from "node:fs";
import { join } from "node:path";
import { isPathToken } from "../origin/origin.rules.ts";
import type { PlannedStill } from "./process-plan.rules.ts";

/** The latest content of a thumbnail or motion clip. */
export interface StillContent {
  /** Another one for each content. */
  readonly version: string;
  readonly contentType: string;
  /** When it was made, as an ISO text. */
  readonly at: string;
}

type StillKind = PlannedStill["kind"];

/** Under these names the latest contents are found, whatever was there before. */
export const STILL_FILES: Readonly<Record<StillKind, { readonly name: string; readonly contentType: string }>> = {
  THUMBNAIL: { name: "thumbnail.jpg", contentType: "image/jpeg" },
  MOTION_CLIP: { name: "motion-clip.mp4", contentType: "video/mp4" },
};

/** Holds a directory for each process, under its path token. */
export function stillDirectory(mediaRoot: string, token: string): string {
  if (!isPathToken(token)) throw new Error("A path token holds letters, digits, - and _ only");
  return join(mediaRoot, "stills", token);
}

/** What an earlier run of the process left, on this machine; null when there is none. */
export function readStill(mediaRoot: string, token: string, kind: StillKind): StillContent | null {
  const found = statSync(join(stillDirectory(mediaRoot, token), STILL_FILES[kind].name), { throwIfNoEntry: false });
  return found ? describe(kind, found.mtimeMs) : null;
}

/** Replaces the content: whoever opens it finds the old one or the new one, and never a part. */
export async function writeStill(mediaRoot: string, token: string, kind: StillKind, bytes: Buffer): Promise<StillContent> {
  const directory = stillDirectory(mediaRoot, token);
  const path = join(directory, STILL_FILES[kind].name);
  await mkdir(directory, { recursive: true });
  await writeFile(`${path}.tmp`, bytes);
  const { mtimeMs } = await stat(`${path}.tmp`);
  await rename(`${path}.tmp`, path);
  return describe(kind, mtimeMs);
}

function describe(kind: StillKind, madeAt: number): StillContent {
  const milliseconds = Math.round(madeAt);
  return {
    version: milliseconds.toString(36),
    contentType: STILL_FILES[kind].contentType,
    at: new Date(milliseconds).toISOString(),
  };
}
