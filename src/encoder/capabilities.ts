import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { promisify } from "node:util";
import { deriveAbilities, NOTHING_SUPPORTED, type Abilities } from "./capabilities.rules.ts";
import { canTieBySetpriv } from "./process-tie.ts";

/** What this machine can run, and with which binaries. */
export interface EncoderCapabilities extends Abilities {
  /** Absolute; null when there is none. */
  readonly ffmpegPath: string | null;
  readonly ffprobePath: string | null;
  /** Of util-linux, which ties a child to our life; null where there is none that does: a shell watchdog does it. */
  readonly setprivPath: string | null;
}

export interface FindCapabilitiesOptions {
  /** The configured binary; null: the first one on the search path. */
  readonly ffmpegPath: string | null;
  /** The PATH to look on. */
  readonly searchPath: string;
}

const PROBE_TIMEOUT_MILLISECONDS = 10_000;
const PROBE_OUTPUT_LIMIT_BYTES = 4_000_000;

/** Finds ffmpeg and asks it once what it can do. Never throws: without ffmpeg nothing is supported and a sentence says so. */
export async function findCapabilities(options: FindCapabilitiesOptions): Promise<EncoderCapabilities> {
  const setprivPath = await findSetpriv(options.searchPath);
  const ffmpegPath = findExecutable(options.ffmpegPath ?? "ffmpeg", options.searchPath);
  if (ffmpegPath === null) {
    const where = options.ffmpegPath === null ? "on the PATH" : `at the configured path ${options.ffmpegPath}`;
    return without(`There is no ffmpeg ${where}: no session can be run here.`, { ffmpegPath, ffprobePath: null, setprivPath });
  }
  const beside = join(dirname(ffmpegPath), "ffprobe");
  const ffprobePath = findExecutable(beside, options.searchPath) ?? findExecutable("ffprobe", options.searchPath);
  const paths = { ffmpegPath, ffprobePath, setprivPath };
  if (ffprobePath === null) return without("There is no ffprobe beside ffmpeg nor on the PATH: no session can be run here.", paths);
  try {
    const [version, protocols, encoders, muxers, demuxers] = await Promise.all(
      (["-version", "-protocols", "-encoders", "-muxers", "-demuxers"] as const).map((option) => listing(ffmpegPath, option)),
    );
    const abilities = deriveAbilities({
      version: version ?? "",
      protocols: protocols ?? "",
      encoders: encoders ?? "",
      muxers: muxers ?? "",
      demuxers: demuxers ?? "",
    });
    return { ...abilities, ...paths };
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return without(`ffmpeg at ${ffmpegPath} does not run (${why}): no session can be run here.`, paths);
  }
}

function without(sentence: string, paths: Pick<EncoderCapabilities, "ffmpegPath" | "ffprobePath" | "setprivPath">): EncoderCapabilities {
  return { ...NOTHING_SUPPORTED, ...paths, missing: [sentence] };
}

async function listing(binary: string, option: string): Promise<string> {
  const limits = { timeout: PROBE_TIMEOUT_MILLISECONDS, maxBuffer: PROBE_OUTPUT_LIMIT_BYTES, env: {} };
  const { stdout } = await promisify(execFile)(binary, ["-hide_banner", option], limits);
  return stdout;
}

async function findSetpriv(searchPath: string): Promise<string | null> {
  const path = process.platform === "linux" ? findExecutable("setpriv", searchPath) : null;
  return path !== null && (await canTieBySetpriv(path)) ? path : null;
}

function findExecutable(name: string, searchPath: string): string | null {
  const candidates =
    isAbsolute(name) || name.includes("/")
      ? [resolve(name)]
      : searchPath
          .split(delimiter)
          .filter((directory) => isAbsolute(directory))
          .map((directory) => join(directory, name));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
