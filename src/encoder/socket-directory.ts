import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The longest path of a unix socket that every system takes. */
const PATH_LIMIT_BYTES = 103;
/** What stands below an agent's directory is no longer than this. */
const LONGEST_SOCKET = join("rtmp-XXXXXX", "00000000.sock");

/**
 * Makes the directory for the sockets of one agent anew, without what a run left there that was killed, and gives its path: the one asked
 * for, or one below the temporary directory when sockets in that one would have paths too long. Only our own user may enter it.
 */
export function openSocketDirectory(preferred: string): string {
  const directory = fits(preferred) ? preferred : shortDirectory(preferred);
  if (directory === null) return mkdtempSync(join(temporaryDirectory(), "headend-"));
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(dirname(directory), { recursive: true });
  // Throws where somebody was faster.
  mkdirSync(directory, { mode: 0o700 });
  return directory;
}

/** A new directory for one socket, of its owner alone, below that of the agent; below the temporary directory where there is none. */
export function makeSocketDirectory(kind: "rtmp" | "srt", agentDirectory: string | null): string {
  return mkdtempSync(agentDirectory === null ? join(temporaryDirectory(), `headend-${kind}-`) : join(agentDirectory, `${kind}-`));
}

/** Always the same, so that the next run finds it; null when somebody else has taken the name. */
function shortDirectory(preferred: string): string | null {
  const directory = join(temporaryDirectory(), `headend-${createHash("sha256").update(preferred).digest("hex").slice(0, 12)}`);
  const found = lstatSync(directory, { throwIfNoEntry: false });
  const isOurs = found === undefined || (found.isDirectory() && found.uid === process.getuid?.());
  return isOurs ? directory : null;
}

function temporaryDirectory(): string {
  return fits(join(tmpdir(), "headend-000000000000")) ? tmpdir() : "/tmp";
}

function fits(directory: string): boolean {
  return Buffer.byteLength(join(directory, LONGEST_SOCKET)) <= PATH_LIMIT_BYTES;
}
