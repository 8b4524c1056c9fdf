import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readCueFileNow, writeCueFile, type OutputCues } from "../origin/cue-file.ts";
import { segmentDates, type PlacedCue } from "../origin/cues.rules.ts";
import type { EncoderRun } from "./encoder-run.ts";
import { redated, type InputCue } from "./hls-cues.rules.ts";
import { playlistName } from "./http-files.rules.ts";

export interface CueTrackOptions {
  /** Outputs stand below it, each under its path token. */
  readonly liveDirectory: string;
  /** The encoder that runs now, or null. */
  readonly run: () => EncoderRun | null;
  /** Seconds of media that the encoder was fed by now; null while the input is held back or nothing is fed. */
  readonly fedSeconds: () => number | null;
}

/** A cue on the timeline of what one encoder was fed. */
interface TimedCue {
  readonly cue: InputCue;
  readonly seconds: number;
}

/** One media playlist that an encoder writes. */
interface Playlist {
  readonly token: string;
  readonly file: string;
  /** The newest segment of the encoders before; null for none. */
  readonly before: number | null;
  /** The date at which the timeline of this encoder begins in it; null until its first segment is there. */
  startsAt: number | null;
  placed: PlacedCue[];
}

const KEPT_MILLISECONDS = 120_000;

/**
 * Brings the cues of an input into the playlists of the output:
 *
 *   input segment asked for → seconds of media that the encoder was fed by then → date in each of our playlists → beside the playlists
 *
 * Each encoder counts its media from 0, which is where its first segment begins, with the date that stands there. The files are read
 * when the playlists are served, so that a playlist is never older than what the encoder wrote.
 */
export class CueTrack {
  readonly #options: CueTrackOptions;
  #run: EncoderRun | null = null;
  #playlists: readonly Playlist[] = [];
  #waiting: { readonly cue: InputCue; readonly at: number }[] = [];
  #timed: TimedCue[] = [];

  constructor(options: CueTrackOptions) {
    this.#options = options;
  }

  /** `now`: milliseconds of the session's clock. */
  note(cue: InputCue, now: number): void {
    const fed = this.#options.run() === this.#run && this.#run ? this.#options.fedSeconds() : null;
    if (fed === null) this.#waiting.push({ cue, at: now });
    else this.#timed.push({ cue, seconds: fed });
  }

  /** To be called several times a second, and not again before it is done. */
  async check(now: number): Promise<void> {
    const run = this.#options.run();
    if (run !== this.#run) {
      this.#playlists = run ? await openPlaylists(this.#options.liveDirectory, run) : [];
      this.#run = run;
      this.#timed = [];
    }
    const fed = run === null ? null : this.#options.fedSeconds();
    if (fed !== null) {
      // Inputs of this kind come at the pace of time, so that the time since then says how much was fed since.
      this.#timed.push(...this.#waiting.map(({ cue, at }) => ({ cue, seconds: fed - (now - at) / 1_000 })));
      this.#waiting = [];
    }
    if (this.#timed.length > 0) await this.#place();
  }

  async #place(): Promise<void> {
    await Promise.all(this.#playlists.filter(({ startsAt }) => startsAt === null).map((one) => this.#date(one)));
    // All of them begin within moments of each other.
    if (this.#playlists.some(({ startsAt }) => startsAt === null)) return;
    for (const playlist of this.#playlists) {
      const added = this.#timed.map(({ cue, seconds }) => placed(cue, (playlist.startsAt ?? 0) + seconds * 1_000));
      const newest = Math.max(...added.map(({ at }) => at));
      playlist.placed = [...playlist.placed, ...added].filter(({ at }) => newest - at < KEPT_MILLISECONDS);
    }
    this.#timed = [];
    for (const token of new Set(this.#playlists.map((playlist) => playlist.token))) {
      const own = this.#playlists.filter((playlist) => playlist.token === token);
      const cues: OutputCues = Object.fromEntries(own.map((playlist) => [playlist.file, playlist.placed]));
      // A disk that is full ends no session for its cues; what could not be written is with the next ones.
      await writeCueFile(join(this.#options.liveDirectory, token), cues).catch(() => undefined);
    }
  }

  async #date(playlist: Playlist): Promise<void> {
    const segments = await readSegments(join(this.#options.liveDirectory, playlist.token, playlist.file));
    playlist.startsAt = segments.find(({ number }) => number > (playlist.before ?? -1))?.startsAt ?? null;
  }
}

function placed(cue: InputCue, at: number): PlacedCue {
  const line = cue.startSeconds === null ? cue.line : redated(cue.line, Math.round(at + cue.startSeconds * 1_000));
  return { at: Math.round(at + cue.placeSeconds * 1_000), line };
}

/** An encoder writes its first segment seconds after it began: what is there now is from those before. */
async function openPlaylists(directory: string, run: EncoderRun): Promise<readonly Playlist[]> {
  const outputs = run.plan.outputs.flatMap((output) => (output.kind === "HTTP" && output.hls ? [output] : []));
  const opened = outputs.flatMap(({ token, variants }) => {
    const cues = readCueFileNow(join(directory, token));
    return variants.map(async ({ name }): Promise<Playlist> => {
      const file = playlistName(name);
      const segments = await readSegments(join(directory, token, file));
      return { token, file, before: segments.at(-1)?.number ?? null, startsAt: null, placed: [...(cues[file] ?? [])] };
    });
  });
  return Promise.all(opened);
}

async function readSegments(path: string): Promise<ReturnType<typeof segmentDates>> {
  return segmentDates(await readFile(path, "utf8").catch(() => ""));
}
