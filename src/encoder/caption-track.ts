import type { Logger } from "../shared/log.ts";
import type { ArchiveFolder } from "./archive-folder.ts";
import { renderCaptionLine, type PictureCaptions } from "./captions.rules.ts";

/** Captions whose place in the recordings is not known yet, by the encoder process that they came through. */
interface WaitingCaptions extends PictureCaptions {
  readonly run: number;
}

/** Where captions are kept, when it is that of a recording. */
export type CaptionedFolder = Pick<ArchiveFolder, "marker" | "seconds" | "addCaptions">;

/** How times of an encoder process lie on the timeline of an archive. */
export interface Laying {
  /** Of the process; what was before is not archived. */
  readonly fromSeconds: number;
  readonly shiftSeconds: number;
}

/** Pictures that lean on one another, and the muxers, put times a little apart. */
const TOLERANCE_SECONDS = 0.5;
/** Minutes of them: more only comes while nothing is archived. */
const WAITING_LIMIT = 10_000;

/**
 * The captions of an input, laid where the pictures that they came with lie in recordings. They come through another pipe than those, and
 * wait until it is known where that is.
 */
export class CaptionTrack {
  readonly #log: Logger;
  #waiting: WaitingCaptions[] = [];
  #run = 0;
  #laying: Laying | null = null;
  #endSeconds = 0;
  /** What is added to times on the timeline of the archive, to have those in the recording. */
  #offsets: ReadonlyMap<CaptionedFolder, number> = new Map();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** What came through the encoder process of this number. */
  push(run: number, captions: readonly PictureCaptions[]): void {
    this.#waiting.push(...captions.map((each) => ({ ...each, run })));
    if (this.#waiting.length > WAITING_LIMIT) this.#waiting.splice(0, this.#waiting.length - WAITING_LIMIT);
  }

  /** Pictures are from now on those of the encoder process of this number. */
  beginRun(run: number): void {
    this.#run = run;
    this.#waiting = this.#waiting.filter((each) => each.run >= run);
  }

  /** Null: pictures are not archived, until they are laid anew. */
  lay(laying: Laying | null): void {
    this.#laying = laying;
    if (laying) this.#endSeconds = laying.fromSeconds;
  }

  /** A segment begins in these directories, at a time on the timeline of the archive. */
  beginSegment(folders: readonly CaptionedFolder[], beginSeconds: number): void {
    const recordings = folders.filter(({ marker }) => marker.kind === "RECORDING");
    this.#offsets = new Map(recordings.map((folder) => [folder, folder.seconds - beginSeconds]));
  }

  /** Pictures up to this time of the process are archived. */
  async advance(endSeconds: number): Promise<void> {
    this.#endSeconds = endSeconds;
    await this.#place(endSeconds);
  }

  /** No more pictures come of this encoder process. */
  async endRun(): Promise<void> {
    await this.#place(this.#endSeconds + TOLERANCE_SECONDS);
  }

  /** Never throws: a recording is worth more than its captions. */
  async #place(endSeconds: number): Promise<void> {
    const laying = this.#laying;
    if (!laying) return;
    const isDue = ({ run, seconds }: WaitingCaptions): boolean => run === this.#run && seconds < endSeconds;
    const due = this.#waiting.filter(isDue);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => !isDue(each));
    const kept = due.filter(({ seconds }) => seconds >= laying.fromSeconds - TOLERANCE_SECONDS);
    for (const [folder, offset] of this.#offsets) {
      const moved = kept.map(({ seconds, pairs }) => ({ seconds: Math.max(0, seconds + laying.shiftSeconds + offset), pairs }));
      if (moved.length === 0) continue;
      await folder
        .addCaptions(moved.map(renderCaptionLine).join(""))
        .catch((error: unknown) => this.#log.warn({ err: error, assetId: folder.marker.id }, "captions of a recording could not be kept"));
    }
  }
}
