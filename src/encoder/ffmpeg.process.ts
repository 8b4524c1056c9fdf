import { spawn, type ChildProcess } from "node:child_process";
import { Readable, Writable } from "node:stream";
import { createMasker } from "./ffmpeg.mask.ts";
import { ProgressParser, type FfmpegProgress } from "./ffmpeg.progress.ts";
import { killGroup, type ProcessRecords } from "./process-record.ts";
import { LIFE_DESCRIPTOR, tie } from "./process-tie.ts";

/** How a process ended. Zero without being asked is a loss like any other: ffmpeg ends so when its input does. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it said last, secrets masked; null when it said nothing. */
  readonly lastLine: string | null;
}

export interface FfmpegProcess {
  /** Null when it could not even be started. */
  readonly pid: number | null;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** What it writes besides, as many as were asked for. All of them have to be read. */
  readonly taps: readonly Readable[];
  /** Resolves once the process is gone, however it ended. */
  readonly ended: Promise<ProcessEnd>;
  /** Its newest lines, secrets masked, oldest first; the same list until it says more. */
  readonly lastLines: () => readonly string[];
  /** At once, and its whole group. */
  readonly kill: () => void;
  /** In order: its input is closed, then it is asked, then it is killed, each after a deadline. Resolves once it is gone. */
  readonly finish: () => Promise<ProcessEnd>;
}

/** What every process of ours is started with. */
export interface ProcessHost {
  readonly setprivPath: string | null;
  readonly records: ProcessRecords;
}

export interface SpawnOptions {
  readonly binary: string;
  readonly arguments: readonly string[];
  readonly directory?: string;
  /** What it reads from descriptor 4: a way to hand over what nobody may see in the process list. */
  readonly script?: string;
  /** What all of its HTTP and HTTPS goes through; read from its environment, which nobody else sees. */
  readonly httpProxy?: string;
  /** How many pipes it gets to write to besides standard output; see `tapUrl`. */
  readonly tapCount?: number;
  /** Texts that must not be seen in its last lines. */
  readonly secrets?: readonly string[];
  /** It writes progress to descriptor 3. */
  readonly onProgress?: (progress: FfmpegProgress) => void;
}

/** Where scripts are read from; an ffmpeg URL. */
export const SCRIPT_PIPE = "pipe:4";
export const PROGRESS_PIPE = "pipe:3";

/** Behind the one that the watchdog needs for itself. */
const FIRST_TAP_DESCRIPTOR = 7;

/** What a process writes for the tap of this number, counted from 0; an ffmpeg URL. */
export function tapUrl(tap: number): string {
  return `pipe:${FIRST_TAP_DESCRIPTOR + tap}`;
}

const LINES_KEPT = 30;
const LINE_LIMIT_CHARACTERS = 500;
/** Time to write trailers once the input has ended. */
const INPUT_END_DEADLINE_MILLISECONDS = 3_000;
const TERMINATION_DEADLINE_MILLISECONDS = 2_000;

/**
 * Starts ffmpeg or ffprobe as the leader of a process group that does not outlive us, even when we are killed.
 * Never throws: what cannot be started is a process that has ended.
 */
export function spawnFfmpeg(host: ProcessHost, options: SpawnOptions): FfmpegProcess {
  let child: ChildProcess | null = null;
  try {
    child = start(host, options);
    return own(host, options, child);
  } catch (error) {
    if (child?.pid !== undefined) killGroup(child.pid);
    return endedProcess(child, error);
  }
}

function start(host: ProcessHost, options: SpawnOptions): ChildProcess {
  const tied = tie({ setprivPath: host.setprivPath, command: options.binary, words: options.arguments });
  return spawn(tied.command, tied.words, {
    stdio: [...Array<"pipe">(LIFE_DESCRIPTOR + 1).fill("pipe"), ...tapDescriptors(options)],
    detached: true,
    // Nothing of our own environment, which holds credentials.
    env: {
      ...{ PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", AV_LOG_FORCE_NOCOLOR: "1" },
      ...(options.httpProxy === undefined ? {} : { http_proxy: options.httpProxy }),
    },
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
  });
}

function tapDescriptors({ tapCount = 0 }: SpawnOptions): readonly ("pipe" | "ignore")[] {
  return tapCount === 0 ? [] : ["ignore", ...Array<"pipe">(tapCount).fill("pipe")];
}

function own(host: ProcessHost, options: SpawnOptions, child: ChildProcess): FfmpegProcess {
  const lastLines = readLastLines(child, options.secrets ?? []);
  const { ended, isOver } = watchEnd(host, child, lastLines);
  prepareStreams(child, options);
  const kill = (): void => {
    if (child.pid !== undefined && !isOver()) killGroup(child.pid);
  };
  const terminate = (): void => {
    if (child.pid !== undefined && !isOver()) killGroup(child.pid, "SIGTERM");
  };
  return {
    pid: child.pid ?? null,
    stdin: streamOf<Writable>(child, 0),
    stdout: streamOf<Readable>(child, 1),
    taps: Array.from({ length: options.tapCount ?? 0 }, (_, tap) => streamOf<Readable>(child, FIRST_TAP_DESCRIPTOR + tap)),
    ended,
    lastLines,
    kill,
    finish: () => finish({ child, ended, terminate, kill }),
  };
}

/** Stands for a process that could not be started, or be set up once it was. */
function endedProcess(child: ChildProcess | null, cause: unknown): FfmpegProcess {
  const endOf = (error: unknown): ProcessEnd => ({
    code: null,
    signal: null,
    lastLine: `It could not be started: ${error instanceof Error ? error.message : String(error)}`,
  });
  const ended = new Promise<ProcessEnd>((resolve) => {
    if (child === null) return resolve(endOf(cause));
    // Without descriptors left there are not even streams; the system's own reason follows as an event.
    child.once("error", (error) => resolve(endOf(error)));
    child.once("exit", () => resolve(endOf(cause)));
  });
  return {
    pid: child?.pid ?? null,
    stdin: new Writable({ write: (_chunk, _encoding, done) => done() }),
    stdout: Readable.from([]),
    taps: [],
    ended,
    lastLines: () => [],
    kill: () => undefined,
    finish: () => ended,
  };
}

/** Errors on these streams only say that the process is gone, which its end tells already. */
function prepareStreams(child: ChildProcess, options: SpawnOptions): void {
  for (const stream of child.stdio) stream?.on("error", () => undefined);
  const parser = new ProgressParser();
  const progress = streamOf<Readable>(child, 3);
  progress.setEncoding?.("utf8");
  progress.on("data", (text: string) => parser.push(text).forEach((block) => options.onProgress?.(block)));
  streamOf<Writable>(child, 4).end(options.script ?? "");
}

function watchEnd(
  host: ProcessHost,
  child: ChildProcess,
  lastLines: () => readonly string[],
): { readonly ended: Promise<ProcessEnd>; readonly isOver: () => boolean } {
  let over = false;
  const { pid } = child;
  if (pid !== undefined) host.records.add(pid);
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once("error", (error) => {
      over = true;
      resolve({ code: null, signal: null, lastLine: `It could not be started: ${error.message}` });
    });
    child.once("exit", () => {
      over = true;
      if (pid !== undefined) host.records.remove(pid);
      streamOf<Writable>(child, LIFE_DESCRIPTOR).destroy();
    });
    // Later than `exit`: by then everything it said has been read.
    child.once("close", (code, signal) => resolve({ code, signal, lastLine: lastLines().at(-1) ?? null }));
  });
  return { ended, isOver: () => over };
}

function readLastLines(child: ChildProcess, secrets: readonly string[]): () => readonly string[] {
  const mask = createMasker(secrets);
  let lines: readonly string[] = [];
  let rest = "";
  const note = (pieces: readonly string[]): void => {
    const said = pieces.map((piece) => piece.trim()).filter((line) => line !== "");
    if (said.length > 0) lines = [...lines, ...said.map((line) => mask(line).slice(0, LINE_LIMIT_CHARACTERS))].slice(-LINES_KEPT);
  };
  const errors = streamOf<Readable>(child, 2);
  errors.setEncoding?.("utf8");
  errors.on("data", (text: string) => {
    const pieces = (rest + text).split(/[\r\n]+/);
    rest = (pieces.pop() ?? "").slice(-LINE_LIMIT_CHARACTERS * 4);
    note(pieces);
  });
  errors.on("close", () => note([rest]));
  return () => lines;
}

interface Finish {
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  readonly terminate: () => void;
  readonly kill: () => void;
}

/** How ffmpeg calls an input whose URL it was not given as an argument. */
const SCRIPT_NAME = new RegExp(`^${SCRIPT_PIPE}: `);

/** Why a process that takes an input in is gone, as a sentence. */
export function describeInputEnd({ code, signal, lastLine }: ProcessEnd): string {
  if (signal !== null) return `The process that takes the input in was ended by ${signal}.`;
  const detail = lastLine === null ? "" : ` ffmpeg says: ${lastLine.replace(SCRIPT_NAME, "")}`;
  return code === 0 ? `The input ended.${detail}` : `The input cannot be read.${detail}`;
}

async function finish({ child, ended, terminate, kill }: Finish): Promise<ProcessEnd> {
  // Destroyed rather than ended: what is still queued would hold up the end.
  child.stdin?.destroy();
  const timers = [
    setTimeout(terminate, INPUT_END_DEADLINE_MILLISECONDS),
    setTimeout(kill, INPUT_END_DEADLINE_MILLISECONDS + TERMINATION_DEADLINE_MILLISECONDS),
  ];
  const end = await ended;
  timers.forEach(clearTimeout);
  return end;
}

function streamOf<T extends Readable | Writable>(child: ChildProcess, descriptor: number): T {
  // Missing, against its type, when no descriptor was left.
  const stream = (child.stdio as ChildProcess["stdio"] | undefined)?.[descriptor];
  if (!stream) throw new Error(`The process has no descriptor ${descriptor}`);
  return stream as T;
}
