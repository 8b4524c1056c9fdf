import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { EncoderPlan, PlannedFile, PlannedOutput } from "./encoder-plan.ts";
import { partPath } from "./file-target.ts";
import { playlistPath } from "./http-files.rules.ts";
import type { OutputSenderState } from "./output-sender.ts";

/** What the files of one playback, or the ways to its receivers, say. */
export interface OutputState {
  readonly playbackId: string;
  /** A player, whoever opens the file, or a receiver gets media. Stays true until the session ends. */
  readonly exists: boolean;
  /** When every part of it last grew, by the monotonic clock; null before. */
  readonly grewAt: number | null;
  /**
   * When the encoder last did its part in all of it: what only a receiver holds up is no fault of the encoder's. Null before, infinite
   * where nothing is asked of it.
   */
  readonly fedAt: number | null;
  /** Why a receiver does not get it, as a sentence; null while they get it or nothing is known yet. */
  readonly problem: string | null;
  /** The rendition that is furthest behind, where several go to receivers of their own; else null. */
  readonly laggard: string | null;
}

/** What is known of the ways to receivers, beside what files say. */
export interface FeedSource {
  /** One for each receiver of the playback, in the order of its renditions. */
  readonly states: (playbackId: string) => readonly OutputSenderState[];
  /** Seconds of media that the encoder has made: the only sign of what nobody answers to. */
  readonly madeSeconds: () => number;
}

/** Something whose every change means that output grew. */
interface FileSign {
  readonly kind: "FILE";
  readonly path: string;
  /** A playlist has to name a segment, a file has to hold so many bytes. */
  readonly proof: { readonly text: string } | { readonly bytes: number };
  mark: string | null;
  exists: boolean;
  grewAt: number | null;
  /** Before that nobody looks again. */
  lookAt: number;
}

/** A count that grows while a receiver is fed. */
interface FeedSign {
  readonly kind: "FEED";
  /** The rendition; null where there is one receiver alone. */
  readonly label: string | null;
  readonly read: () => { readonly count: number; readonly isConnected: boolean; readonly problem: string | null };
  count: number;
  exists: boolean;
  grewAt: number | null;
  fedAt: number | null;
  problem: string | null;
  problemSince: number | null;
}

type Sign = FileSign | FeedSign;

interface Watched {
  readonly output: PlannedOutput;
  readonly signs: readonly Sign[];
  exists: boolean;
  /** When all of it last grew, and was fed, under earlier processes. */
  readonly grewBefore: number | null;
  readonly fedBefore: number | null;
  isPublished: boolean;
  publishAt: number;
}

/** After a failure to write what players open first. */
const PUBLISH_RETRY_MILLISECONDS = 2_000;
/** A connection that is lost and made anew within so long is no trouble. */
const PROBLEM_MILLISECONDS = 1_500;
/** What has grown is given so long for it: looking costs more than all else that is done for a session several times a second. */
const GROWTH_MILLISECONDS = 1_000;
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

/** Looks at what was really written and sent: existence and growth of output are read from files and senders, never assumed. */
export class OutputWatch {
  readonly #options: OutputWatchOptions;
  #watched: readonly Watched[] = [];

  constructor(options: OutputWatchOptions) {
    this.#options = options;
  }

  /** A new encoder process writes; what a playback has shown so far stays. */
  follow(plan: EncoderPlan, feeds: FeedSource): void {
    const existed = new Map(this.#watched.map((watched) => [watched.output.playbackId, watched.exists]));
    const before = new Map(this.states().map((state) => [state.playbackId, state]));
    this.#watched = plan.outputs.map((output) => ({
      output,
      signs: signsOf(output, this.#options.liveDirectory, feeds),
      exists: existed.get(output.playbackId) ?? false,
      grewBefore: before.get(output.playbackId)?.grewAt ?? null,
      fedBefore: before.get(output.playbackId)?.fedAt ?? null,
      isPublished: false,
      publishAt: 0,
    }));
  }

  states(): readonly OutputState[] {
    return this.#watched.map(({ output, signs, exists, grewBefore, fedBefore }) => ({
      playbackId: output.playbackId,
      exists,
      grewAt: oldest(signs, ({ grewAt }) => grewAt) ?? grewBefore,
      fedAt: isLeftOut(output) ? Infinity : (oldest(signs, (sign) => (sign.kind === "FEED" ? sign.fedAt : sign.grewAt)) ?? fedBefore),
      problem: problemOf(signs) ?? misfitOf(output),
      laggard: laggardOf(signs),
    }));
  }

  /** To be called several times a second, never again before it is done: mostly no file is due, and then nothing is waited for. */
  async check(now: number): Promise<void> {
    const all = this.#watched;
    for (const { signs } of all) for (const sign of signs) if (sign.kind === "FEED") checkFeed(sign, now);
    // Each of several receivers is served on its own; a ladder or a set of files is whole or not there.
    for (const watched of all) watched.exists ||= watched.signs.some((sign) => sign.kind === "FEED" && sign.exists);
    const files = filesToLookAt(all, now);
    if (files.length > 0) await Promise.all(files.map((sign) => checkFile(sign, now)));
    const whole = all.filter((watched) => isToBePublished(watched, now));
    if (whole.length > 0) await Promise.all(whole.map((watched) => this.#publish(watched, now)));
  }

  async #publish(watched: Watched, now: number): Promise<void> {
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

function filesToLookAt(watched: readonly Watched[], now: number): readonly FileSign[] {
  const files: FileSign[] = [];
  for (const { signs } of watched) for (const sign of signs) if (sign.kind === "FILE" && now >= sign.lookAt) files.push(sign);
  return files;
}

function isToBePublished({ isPublished, publishAt, signs }: Watched, now: number): boolean {
  return !isPublished && now >= publishAt && signs.length > 0 && signs.every(({ exists }) => exists);
}

/** The time of what is furthest behind; null while a part has none. */
function oldest(signs: readonly Sign[], timeOf: (sign: Sign) => number | null): number | null {
  let found: number | null = null;
  for (const sign of signs) {
    const time = timeOf(sign);
    if (time === null) return null;
    found = Math.min(found ?? time, time);
  }
  return found;
}

function problemOf(signs: readonly Sign[]): string | null {
  for (const sign of signs) {
    if (sign.kind === "FILE" || sign.problem === null) continue;
    return sign.label === null ? sign.problem : `The rendition “${sign.label}”: ${sign.problem}`;
  }
  return null;
}

/** Why nothing of it is even tried: a source that a receiver could not take, or files that could not be made. */
function misfitOf(output: PlannedOutput): string | null {
  if (output.kind === "FILE") return output.problem;
  if (!("feeds" in output)) return null;
  return output.feeds.map(({ misfit }) => misfit).find((misfit) => misfit !== null) ?? null;
}

/** Another encoder would not change it, unlike files that could not be made. */
function isLeftOut(output: PlannedOutput): boolean {
  return "feeds" in output && output.feeds.every(({ misfit }) => misfit !== null);
}

function laggardOf(signs: readonly Sign[]): string | null {
  let last: FeedSign | null = null;
  for (const sign of signs) if (sign.kind === "FEED" && (last === null || (sign.grewAt ?? 0) < (last.grewAt ?? 0))) last = sign;
  return last?.label ?? null;
}

function signsOf(output: PlannedOutput, liveDirectory: string, feeds: FeedSource): readonly Sign[] {
  const sign = (path: string, proof: FileSign["proof"]): FileSign => ({
    kind: "FILE",
    path,
    proof,
    mark: null,
    exists: false,
    grewAt: null,
    lookAt: 0,
  });
  switch (output.kind) {
    case "FILE":
      return output.files.map((file) => sign(signPath(file), { bytes: FILE_BYTES_LEAST }));
    case "HTTP": {
      const { token, variants, hls, dash } = output;
      const playlists = variants.map(({ name }) => sign(join(liveDirectory, playlistPath(token, name)), { text: "#EXTINF" }));
      return [...(hls ? playlists : []), ...(dash ? [sign(join(liveDirectory, token, "manifest.mpd"), { text: "<S " })] : [])];
    }
    case "CMAF_PUSH":
      return [feedSign(null, () => senderReading(feeds.states(output.playbackId)[0]))];
    default:
      return output.feeds.flatMap((feed, index) => {
        const read = (): ReturnType<FeedSign["read"]> => {
          const reading = senderReading(feeds.states(output.playbackId)[index]);
          // Nobody answers to what is sent to a group: while there is a way, what is made is sent.
          if (output.kind !== "MULTICAST" || !reading.isConnected) return reading;
          return { ...reading, count: feeds.madeSeconds() };
        };
        return feed.misfit === null ? [feedSign(output.feeds.length > 1 ? feed.rendition.name : null, read)] : [];
      });
  }
}

function senderReading(state: OutputSenderState | undefined): ReturnType<FeedSign["read"]> {
  return { count: state?.bytes ?? 0, isConnected: state?.isConnected ?? false, problem: state?.problem ?? null };
}

function feedSign(label: string | null, read: FeedSign["read"]): FeedSign {
  return { kind: "FEED", label, read, count: read().count, exists: false, grewAt: null, fedAt: null, problem: null, problemSince: null };
}

function checkFeed(sign: FeedSign, now: number): void {
  const { count, isConnected, problem } = sign.read();
  const hasGrown = count > sign.count;
  sign.count = count;
  if (hasGrown) {
    sign.exists = true;
    sign.grewAt = now;
  }
  if (hasGrown || !isConnected) sign.fedAt = now;
  sign.problemSince = isConnected || problem === null ? null : (sign.problemSince ?? now);
  sign.problem = sign.problemSince !== null && now - sign.problemSince >= PROBLEM_MILLISECONDS ? problem : null;
}

function signPath(file: PlannedFile): string {
  return file.maxDurationSeconds === null ? file.path : partPath(file.path, 0);
}

async function checkFile(sign: FileSign, now: number): Promise<void> {
  if (sign.grewAt !== null) sign.lookAt = now + GROWTH_MILLISECONDS;
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
