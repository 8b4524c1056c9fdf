import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What is to run for as long as we do at most. */
export interface UntiedCommand {
  /** Null: the shell watchdog. */
  readonly setprivPath: string | null;
  readonly command: string;
  readonly words: readonly string[];
}

/** The same as it has to be started: by the main thread, since setpriv ties a process to the thread that started it. */
export interface TiedCommand {
  readonly command: string;
  readonly words: readonly string[];
}

/** The tie holds from the moment that setpriv made it: whoever's parent was gone by then ends by itself. */
const ORPHAN_CHECK = '[ "$PPID" = "$1" ] || exit 1; shift; exec "$0" "$@"';

/**
 * Where there is no setpriv, a shell that lives in the process's group kills it when the pipe from us closes.
 * Its standard input goes through descriptor 6, since shells give background commands an empty one.
 */
const WATCHDOG =
  'exec 6<&0; "$0" "$@" <&6 5<&- & child=$!; exec 6<&- 4<&-; (read _ <&5; kill -KILL $child) & wait $child; code=$?; kill $! 2>/dev/null; exit $code';

/** Open as long as we live; the watchdog reads its end. */
export const LIFE_DESCRIPTOR = 5;

const PROBE_TIMEOUT_MILLISECONDS = 10_000;

/** By setpriv the number of the process stays that of the command; by the watchdog it is that of the shell, and descriptor 5 has to be a pipe from us. */
export function tie({ setprivPath, command, words }: UntiedCommand): TiedCommand {
  if (setprivPath === null) return { command: "/bin/sh", words: ["-c", WATCHDOG, command, ...words] };
  return {
    command: setprivPath,
    words: ["--pdeathsig", "KILL", "--", "/bin/sh", "-c", ORPHAN_CHECK, command, String(process.pid), ...words],
  };
}

/**
 * Whether processes can be tied by the setpriv at this path. That of BusyBox, and older ones of util-linux, know no such option, and a
 * sandbox may not let a process see who its parent is: then nothing would ever start.
 */
export async function canTieBySetpriv(setprivPath: string): Promise<boolean> {
  const { command, words } = tie({ setprivPath, command: "/bin/sh", words: ["-c", ":"] });
  const options = { timeout: PROBE_TIMEOUT_MILLISECONDS, env: {} };
  return promisify(execFile)(command, [...words], options).then(
    () => true,
    () => false,
  );
}
