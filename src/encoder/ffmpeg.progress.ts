/** One block of what ffmpeg writes with `-progress`; null where it said N/A. */
export interface FfmpegProgress {
  readonly frame: number | null;
  readonly framesPerSecond: number | null;
  /** Media time written so far. */
  readonly outTimeSeconds: number | null;
  readonly droppedFrames: number | null;
  readonly duplicatedFrames: number | null;
  /** The last block of a run that ended by itself or by request. */
  readonly isEnd: boolean;
}

/** Lines that a block may have before it is taken for garbage and dropped. */
const BLOCK_LIMIT = 200;
const LINE_LIMIT = 4_096;

/** Collects the text of a progress pipe, in whatever pieces it arrives, into blocks. Feed it with `push`. */
export class ProgressParser {
  #rest = "";
  #block = new Map<string, string>();

  /** The blocks that this piece of text completed, oldest first. */
  push(text: string): readonly FfmpegProgress[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(-LINE_LIMIT);
    const blocks: FfmpegProgress[] = [];
    for (const line of lines) {
      const separator = line.indexOf("=");
      if (separator < 1) continue;
      const key = line.slice(0, separator).trim();
      const value = line.slice(separator + 1).trim();
      if (key === "progress") {
        blocks.push(toProgress(this.#block, value === "end"));
        this.#block = new Map();
      } else if (this.#block.size < BLOCK_LIMIT) {
        this.#block.set(key, value);
      }
    }
    return blocks;
  }
}

function toProgress(block: ReadonlyMap<string, string>, isEnd: boolean): FfmpegProgress {
  const microseconds = toNumber(block.get("out_time_us"));
  return {
    frame: toNumber(block.get("frame")),
    framesPerSecond: toNumber(block.get("fps")),
    outTimeSeconds: microseconds === null || microseconds < 0 ? null : microseconds / 1_000_000,
    droppedFrames: toNumber(block.get("drop_frames")),
    duplicatedFrames: toNumber(block.get("dup_frames")),
    isEnd,
  };
}

function toNumber(text: string | undefined): number | null {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}
