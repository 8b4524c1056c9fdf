import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AssetKind } from "../assets/asset.rules.ts";
import { parseJson } from "../shared/parse-json.ts";
import type { AssetReport } from "./asset-teller.ts";

/** Beside the files of an asset; says what they are to whoever finds them. Nobody is served it. */
const MARKER_FILE = ".asset.json";

const AssetMarker = z.object({
  id: z.string().min(1),
  organizationId: z.string(),
  sessionId: z.string(),
  runId: z.string(),
  processId: z.string().nullable(),
  kind: z.enum(AssetKind),
  playbackId: z.string(),
  renditionId: z.string(),
  playbackName: z.string().nullable(),
  renditionName: z.string().nullable(),
  /** Within the directory, once it is finished. */
  fileName: z.string(),
  contentType: z.string(),
  /** ISO text. */
  createdAt: z.string(),
  /** Of a recording the most that it may last, of a replay the most that it keeps; null for no limit. */
  limitSeconds: z.number().nullable(),
  /** Its segments need nothing of those before them. */
  isIndependent: z.boolean(),
  /**
   *   OPEN    its run goes on with it, or may come back to it
   *   ENDED   nothing is added any more; it is to be finished
   *   READY   whole
   *   FAILED  it could not be finished so far; tried again at the next start
   */
  state: z.enum(["OPEN", "ENDED", "READY", "FAILED"]),
  /** Why it failed, or what its end waits for, as a sentence. */
  reason: z.string().nullable(),
  /** There is no room to finish it. */
  waitsForRoom: z.boolean().default(false),
  bytes: z.number(),
  durationSeconds: z.number(),
  /** Of a replay that keeps its newest part alone, how long everything was together that it dropped. */
  droppedSeconds: z.number().default(0),
  /** Of a recording that captions came with, the file of them, once it is finished. */
  captionsFileName: z.string().nullable().default(null),
});
export type AssetMarker = Readonly<z.infer<typeof AssetMarker>>;

/** Written beside and renamed, so that nobody ever reads half of it. */
export async function writeMarker(directory: string, marker: AssetMarker): Promise<void> {
  const path = join(directory, MARKER_FILE);
  await writeFile(`${path}.tmp`, JSON.stringify(marker));
  await rename(`${path}.tmp`, path);
}

/** Null for a directory that is none of an asset, or whose marker cannot be read. */
export async function readMarker(directory: string): Promise<AssetMarker | null> {
  const text = await readFile(join(directory, MARKER_FILE), "utf8").catch(() => null);
  const parsed = AssetMarker.safeParse(text === null ? null : parseJson(text));
  return parsed.success ? parsed.data : null;
}

/** What is told of an asset whose marker says this. */
export function reportOf({
  state,
  reason,
  waitsForRoom,
  bytes,
  durationSeconds,
  droppedSeconds,
  captionsFileName,
  ...marker
}: AssetMarker): AssetReport {
  const { id, organizationId, sessionId, runId, processId, kind, playbackName, renditionName, fileName, contentType, createdAt } = marker;
  return {
    ...{ id, organizationId, sessionId, runId, processId, kind, playbackName, renditionName, fileName, contentType, createdAt },
    status: state === "READY" || state === "FAILED" ? state : "IN_PROGRESS",
    reason: state === "READY" ? null : reason,
    bytes,
    durationSeconds,
    droppedSeconds,
    captionsFileName,
    waitsForRoom: waitsForRoom && state === "ENDED",
  };
}
