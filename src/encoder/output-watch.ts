import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { EncoderPlan, PlannedFile, PlannedOutput } from "./encoder-plan.ts";
import { partPath } from "./file-target.ts";

/** What the files of one playback say. */
export interface OutputState {
  readonly playbackId: string;
  /** A player, or whoever opens the file, finds media. Stays true until the session ends. */
  readonly exists: boolean;
  /** When every part of it last grew, by the monotonic clock; null before. */
  readonly grewAt: number | null;
}

/** Something whose every change means that output grew. */
interface Sign {
  readonly path: string;
  /** A playlist has to name a segment, a file has to hold so many bytes. */
  readonly proof: { readonly text: string } | { readonly bytes: number };
  mark: string | null;
  exists: boolean;
  grewAt: number | null;
}

interface Watched {
  readonly output: PlannedOutput;
  readonly signs: readonly Sign[];
  exists: boolean;
  /** When all of it last grew under earlier processes. */
  readonly grewBefore: number | null;
  isPublished: boolean;
  publishAt: number;
}

/** After a failure to write what players open first. */
const PUBLISH_RETRY_MILLISECONDS = 2_000;
/** A header alone is no recording. */
const FILE_BYTES_LEAST = 2_048;

export interface OutputWatchOptions {
  /** The directory that holds one directory for each path token. */
  readonly liveDirectory: string;
  /** Told of what `onComplete` throws; it is called again a little later. */
  readonly onProblem: (error: unknown) => void;
  /** The first time that all of an HTTP output's parts are there: what players open first may be written now. */
  readonly onComplete: (output: Extract<PlannedOutput, { kind: "HTTP" }>) => Promise<void>;
}

/** Looks at what the encoder really wrote: existence and growth of output are read from the files, never assumed. */
export class OutputWatch {
  readonly #options: OutputWatchOptions;
  #watched: readonly Watched[] = [];

  constructor(options: OutputWatchOptions) {
    this.#options = options;
  }

  /** A new encoder process writes; what a playback has shown so far stays. */
  follow(plan: EncoderPlan): void {
    const existed = new Map(this.#watched.map((watched) => [watched.output.playbackId, watched.exists]));
    const grew = new Map(this.states().map(({ playbackId, grewAt }) => [playbackId, grewAt]));
    this.#watched = plan.outputs.map((output) => ({
      output,
      signs: signsOf(output, this.#options.liveDirectory),
      exists: existed.get(output.playbackId) ?? false,
      grewBefore: grew.get(output.playbackId) ?? null,
      isPublished: false,
      publishAt: 0,
    }));
  }

  states(): readonly OutputState[] {
    return this.#watched.map(({ output, signs, exists, grewBefore }) => {
      const times = signs.flatMap(({ grewAt }) => grewAt ?? []);
      const isWhole = times.length > 0 && times.length === signs.length;
      return { playbackId: output.playbackId, exists, grewAt: isWhole ? Math.min(...times) : grewBefore };
    });
  }

  async check(now: number): Promise<void> {
    await Promise.all(this.#watched.map((watched) => this.#checkOne(watched, now)));
  }

  async #checkOne(watched: Watched, now: number): Promise<void> {
    await Promise.all(watched.signs.map((sign) => checkSign(sign, now)));
    const isComplete = watched.signs.length > 0 && watched.signs.every(({ exists }) => exists);
    if (watched.isPublished || !isComplete || now < watched.publishAt) return;
    try {
      if (watched.output.kind === "HTTP") await this.#options.onComplete(watched.output);
      watched.isPublished = true;
      watched.exists = true;
    } catch (error) {
      watched.publishAt = now + PUBLISH_RETRY_MILLISECONDS;
      this.#options.onProblem(error);
    }
  }
}

function signsOf(output: PlannedOutput, liveDirectory: string): readonly Sign[] {
  const sign = (path: string, proof: Sign["proof"]): Sign => ({ path, proof, mark: null, exists: false, grewAt: null });
  if (output.kind === "FILE") return output.files.map((file) => sign(signPath(file), { bytes: FILE_BYTES_LEAST }));
  const directory = join(liveDirectory, output.token);
  return [
    ...(output.hls ? output.variants.map(({ name }) => sign(join(directory, `${name}.m3u8`), { text: "#EXTINF" })) : []),
    ...(output.dash ? [sign(join(directory, "manifest.mpd"), { text: "<S " })] : []),
  ];
}

function signPath(file: PlannedFile): string {
  return file.maxDurationSeconds === null ? file.path : partPath(file.path, 0);
}

async function checkSign(sign: Sign, now: number): Promise<void> {
  const path = sign.exists && "bytes" in sign.proof ? await newestPart(sign.path) : sign.path;
  const found = await stat(path).catch(() => null);
  if (!found) return;
  const mark = `${path}:${found.mtimeMs}:${found.size}`;
  if (mark === sign.mark) return;
  const isFirstLook = sign.mark === null;
  sign.mark = mark;
  if (!sign.exists) sign.exists = "bytes" in sign.proof ? found.size >= sign.proof.bytes : (await readText(path)).includes(sign.proof.text);
  // What an earlier process wrote is not growth.
  if (sign.exists && !(isFirstLook && "text" in sign.proof)) sign.grewAt = now;
}

/** A split recording grows in its last part. */
async function newestPart(path: string): Promise<string> {
  const match = /^(.*)-000(\.\w+)$/.exec(basename(path));
  if (!match) return path;
  const names = await readdir(dirname(path)).catch(() => []);
  const parts = names.filter((name) => name.startsWith(`${match[1]}-`) && name.endsWith(match[2] ?? "") && /-\d{3,}\.\w+$/.test(name));
  return join(dirname(path), parts.toSorted((one, other) => one.length - other.length || (one < other ? -1 : 1)).at(-1) ?? basename(path));
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
