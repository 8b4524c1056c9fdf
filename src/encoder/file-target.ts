import { closeSync, lstatSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join, parse } from "node:path";
import { checkFilePath } from "../network/file-path.rules.ts";
import type { OutputLaunch } from "./runner.ts";

/** A file output that must not or cannot be written, as a sentence for the operator. */
export class FileTargetProblem extends Error {
  override readonly name = "FileTargetProblem";
}

const UNUSED_ATTEMPTS = 100;

/**
 * Where the files of a FILE output go, one for each rendition: below the root at the caller's path, with the time in the name. Makes the
 * directories, and the files themselves, empty: of two that ask at once, whoever they are, each has its own. Throws `FileTargetProblem`
 * when a link or a file stands in the way, and the system's own error when it cannot write now.
 */
export function fileTargets(root: string, output: OutputLaunch, now: Date): readonly string[] {
  const path = output.urls[0] ?? "";
  const problem = checkFilePath(path);
  if (problem) throw new FileTargetProblem(problem.message);
  const parts = path.split("/");
  const base = (parts.pop() ?? "").replace(/\.(mkv|mp4)$/i, "");
  const directory = makeDirectories(root, parts);
  const extension = output.fileFormat === "MP4" ? "mp4" : "mkv";
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const slugs = renditionSlugs(output);
  for (let attempt = 1; attempt <= UNUSED_ATTEMPTS; attempt += 1) {
    const suffix = attempt === 1 ? stamp : `${stamp}-${attempt}`;
    const paths = slugs.map((slug) => join(directory, `${base}${slug}-${suffix}.${extension}`));
    const first = output.maxFileDurationSeconds === null ? paths : paths.map((path) => partPath(path, 0));
    if (paths.every((candidate) => isUnused(candidate) && isUnused(partPath(candidate, 0))) && reserve(first)) return paths;
  }
  throw new FileTargetProblem("No unused name could be found for the file.");
}

/** Nothing for a single rendition; else its name, made fit for a file, with its position where two would be one. */
function renditionSlugs({ renditions }: OutputLaunch): readonly string[] {
  if (renditions.length === 1) return [""];
  const slugs = renditions.map(({ name }) => name.replace(/[^\p{L}\p{N}_-]+/gu, "_").slice(0, 40));
  return slugs.map((slug, index) =>
    slugs.filter((other) => other.toLowerCase() === slug.toLowerCase()).length > 1 ? `-${slug}-${index + 1}` : `-${slug}`,
  );
}

/** One level after the other, each a real directory: a symbolic link would lead out of the root. */
function makeDirectories(root: string, parts: readonly string[]): string {
  mkdirSync(root, { recursive: true });
  let directory = root;
  for (const part of parts) {
    directory = join(directory, part);
    try {
      mkdirSync(directory);
    } catch (error) {
      // Whether what is there already is what it should be shows below.
      if (!isThereAlready(error)) throw error;
    }
    const found = lstatSync(directory, { throwIfNoEntry: false });
    if (!found?.isDirectory()) throw new FileTargetProblem("The path of the file leads through something that is not a directory.");
  }
  return directory;
}

function isUnused(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined;
}

/** Makes all of these files, or none when there is one already, were it a link to nowhere. */
function reserve(paths: readonly string[]): boolean {
  const made: string[] = [];
  try {
    for (const path of paths) {
      closeSync(openSync(path, "wx"));
      made.push(path);
    }
    return true;
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    if (isThereAlready(error)) return false;
    throw error;
  }
}

function isThereAlready(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

/** The file of a split recording that ffmpeg writes after `number` others. */
export function partPath(path: string, number: number): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${String(number).padStart(3, "0")}${ext}`);
}
