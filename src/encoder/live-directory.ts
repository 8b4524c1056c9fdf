import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isPathToken } from "../origin/origin.rules.ts";
import type { OnAir } from "../sessions/session.rules.ts";

/** Says to which start of a session the files beside it belong; players cannot fetch it. */
const GENERATION_FILE = ".generation";
/** Says that the files beside it are not for players yet. */
export const PRIVATE_FILE = ".private";
const MARKS: ReadonlySet<string> = new Set([GENERATION_FILE, PRIVATE_FILE]);
/** Players that hold an older manifest get its segments for so long. */
const OLD_DASH_MILLISECONDS = 60_000;
/** A running output changes its directory every few seconds. */
const ABANDONED_MILLISECONDS = 600_000;

/** Holds a directory for each ladder that is sent on. */
const CMAF_DIRECTORY = "cmaf";
const TOKEN_RULE = "A path token holds letters, digits, - and _ only";

/** The directory that all HTTP outputs stand in, each under its path token. */
export function liveDirectory(mediaRoot: string): string {
  return join(mediaRoot, "live");
}

/** Whose the files of a directory are. */
export interface LiveOrigin {
  /** Names one start of a session. */
  readonly generation: string;
  /** What the session makes them for; null for a session of no event. */
  readonly onAir: OnAir | null;
}

/**
 * Makes an output's directory ready. Files of the same start are kept, so that its playlists go on after an encoder that died; those of
 * any other are removed, those of a test where the show is live by now, or the other way round, and all of them where nothing is on air.
 */
export function openLiveDirectory(mediaRoot: string, token: string, { generation, onAir }: LiveOrigin): void {
  const directory = tokenDirectory(mediaRoot, token);
  const isSame = readGeneration(directory) === generation && existsSync(join(directory, PRIVATE_FILE)) === isPrivate(onAir);
  if (isSame) {
    // Nothing is written, so that it goes on though the disk is full.
    if (onAir === "OFF") emptyLiveDirectoryNow(mediaRoot, token);
    return;
  }
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  markOnAir(mediaRoot, token, onAir);
  // Last, so that what was begun and not ended is begun anew.
  writeFileSync(join(directory, GENERATION_FILE), generation);
}

/**
 * Removes what encoders left that were killed: ladders that were sent on at once, outputs when their sessions never came back here. To be
 * done before any session starts.
 */
export function pruneLiveDirectories(mediaRoot: string): void {
  rmSync(join(mediaRoot, CMAF_DIRECTORY), { recursive: true, force: true });
  const root = liveDirectory(mediaRoot);
  mkdirSync(root, { recursive: true });
  for (const token of readdirSync(root).filter(isPathToken)) {
    const directory = join(root, token);
    const isOld = Date.now() - lstatSync(directory).mtimeMs > ABANDONED_MILLISECONDS;
    if (isOld) rmSync(directory, { recursive: true, force: true });
  }
}

/** From then on there is nothing to play. */
export async function removeLiveDirectory(mediaRoot: string, token: string): Promise<void> {
  await rm(tokenDirectory(mediaRoot, token), { recursive: true, force: true, maxRetries: 3 });
}

/** Where an output's ladder is kept until it is sent on; nothing of it is served. */
export function cmafDirectory(mediaRoot: string, token: string): string {
  if (!isPathToken(token)) throw new Error(TOKEN_RULE);
  return join(mediaRoot, CMAF_DIRECTORY, token);
}

/** Lets players have what is in an output's directory from now on, or not. */
export function markOnAir(mediaRoot: string, token: string, onAir: OnAir | null): void {
  const path = join(tokenDirectory(mediaRoot, token), PRIVATE_FILE);
  if (isPrivate(onAir)) writeFileSync(path, "");
  else rmSync(path, { force: true });
}

/** A test of an event is for its operator alone, and so is what an event makes before it is live. */
function isPrivate(onAir: OnAir | null): boolean {
  return onAir !== null && onAir !== "LIVE";
}

/** Removes all that players were given: what comes now does not fit to what was. */
export async function emptyLiveDirectory(mediaRoot: string, token: string): Promise<void> {
  const { playlists, others } = listMedia(tokenDirectory(mediaRoot, token));
  const remove = (paths: readonly string[]): Promise<unknown> => Promise.all(paths.map((path) => rm(path, { force: true })));
  await remove(playlists);
  await remove(others);
}

/** The same at once, for who goes on with what is there. */
export function emptyLiveDirectoryNow(mediaRoot: string, token: string): void {
  const { playlists, others } = listMedia(tokenDirectory(mediaRoot, token));
  for (const path of [...playlists, ...others]) rmSync(path, { force: true });
}

/** Playlists are to be removed first: whatever keeps the rest from being removed, none is left that names what is gone. */
function listMedia(directory: string): { readonly playlists: readonly string[]; readonly others: readonly string[] } {
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => !MARKS.has(name)) : [];
  const isPlaylist = (path: string): boolean => path.endsWith(".m3u8");
  const paths = names.map((name) => join(directory, name));
  return { playlists: paths.filter(isPlaylist), others: paths.filter((path) => !isPlaylist(path)) };
}

/** Removes DASH files of encoder processes that are long gone: only the process that wrote them would have. */
export async function pruneDashFiles(directory: string): Promise<void> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => /^r.*\.(m4s|init)(\.tmp)?$/.test(name));
  const isOld = async (path: string): Promise<boolean> => {
    const found = await stat(path).catch(() => null);
    return found !== null && Date.now() - found.mtimeMs > OLD_DASH_MILLISECONDS;
  };
  await Promise.all(
    names.map(async (name) => ((await isOld(join(directory, name))) ? rm(join(directory, name), { force: true }) : undefined)),
  );
}

function tokenDirectory(mediaRoot: string, token: string): string {
  if (!isPathToken(token)) throw new Error(TOKEN_RULE);
  return join(liveDirectory(mediaRoot), token);
}

function readGeneration(directory: string): string | null {
  try {
    return readFileSync(join(directory, GENERATION_FILE), "utf8");
  } catch {
    return null;
  }
}
