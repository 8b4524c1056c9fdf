import { invalid, notAllowed, type UrlProblem } from "./url-problem.ts";

/** Longest path of a file output, and longest of its parts, in bytes; file systems end a name at 255, and we add to it. */
const PATH_BYTES_LIMIT = 1024;
const PART_BYTES_LIMIT = 200;
const DEPTH_LIMIT = 16;

/** Letters and digits of any script, blanks inside, and marks that mean nothing to a shell, to ffmpeg's patterns or to a file system. */
const PART_PATTERN = /^[\p{L}\p{N}_(][\p{L}\p{M}\p{N}_(),+=@. -]*$/u;

/** Names that Windows shares take for devices. */
const DEVICE_PATTERN = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/**
 * Whether a file output may write here: a path relative to the directory for recordings, which it cannot leave,
 * with no hidden or device name in it, and nothing that would be read as an option, a pattern or a URL.
 */
export function checkFilePath(path: string): UrlProblem | null {
  if (path === "") return invalid("The path of the file is empty.");
  if (Buffer.byteLength(path) > PATH_BYTES_LIMIT) return invalid(`The path of the file is longer than ${PATH_BYTES_LIMIT} bytes.`);
  if (/^[/\\~]|^[a-z]:/i.test(path)) return notAllowed("The path must be relative: it stands below the directory for recordings.");
  const parts = path.split("/");
  if (parts.includes("..") || parts.includes(".")) return notAllowed("The path must not hold “.” or “..”.");
  if (parts.length > DEPTH_LIMIT) return invalid(`The path is deeper than ${DEPTH_LIMIT} directories.`);
  return parts.map(checkPart).find((problem) => problem !== null) ?? null;
}

function checkPart(part: string): UrlProblem | null {
  if (part === "") return invalid("The path must not end with a slash or hold two in a row.");
  if (Buffer.byteLength(part) > PART_BYTES_LIMIT) return invalid(`A name in the path is longer than ${PART_BYTES_LIMIT} bytes.`);
  if (!PART_PATTERN.test(part)) {
    return notAllowed("Names in the path begin with a letter or digit and hold letters, digits, blanks and ( ) _ - + = , . @ only.");
  }
  if (/[. ]$/.test(part)) return invalid("A name in the path must not end with a dot or a blank.");
  return DEVICE_PATTERN.test(part) ? notAllowed("A name in the path is that of a device.") : null;
}

/** What makes two paths the same file wherever they are stored: file systems differ about letter case and Unicode forms. */
export function filePathKey(path: string): string {
  return path.normalize("NFKC").toLowerCase().normalize("NFKC");
}
