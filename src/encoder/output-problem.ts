import type { EncoderPlan, PlannedOutput } from "./encoder-plan.ts";

const FAILED_SLAVE = /Slave muxer #(\d+) failed: (.+?)(?:, continuing(?: with \d+\/(\d+) slaves)?|[.,]?$)/;

/** Why the encoder gave up on outputs while it went on with the others, by playback, out of what it said; the newest reason of each. */
export function outputProblems(plan: EncoderPlan, lines: readonly string[]): ReadonlyMap<string, string> {
  // Of the other tees only archives may fail, which stand behind outputs: those are behind queues that never give up.
  const { outputs = [], archives = [] } = plan.tees[0] ?? {};
  const owners = outputs.flatMap((output) => Array.from({ length: slaveCount(output) }, () => output.playbackId));
  const isOnlyTee = plan.tees.length === 1 && plan.processes.captions === null;
  const problems = new Map<string, string>();
  for (const line of lines) {
    const [, position, reason, count] = FAILED_SLAVE.exec(line) ?? [];
    const playbackId = owners[Number(position)];
    const isFirstTee = isOnlyTee || Number(count) === owners.length + archives.length;
    if (playbackId !== undefined && reason !== undefined && isFirstTee) problems.set(playbackId, reason);
  }
  return problems;
}

/** Whether the reason that an output failed is that there is no room for it: a full disk, or a used-up share of one. */
export function isStorageProblem(reason: string): boolean {
  return /No space left on device|Disk quota exceeded|\b(ENOSPC|EDQUOT)\b/i.test(reason);
}

/** The same of what a system call threw. */
export function isStorageError(error: unknown): boolean {
  return error instanceof Error && "code" in error && isStorageProblem(String(error.code));
}

/** How many of the tee's slaves an output has; they stand in the order of the outputs. */
function slaveCount(output: PlannedOutput): number {
  switch (output.kind) {
    case "HTTP":
      return (output.hls ? output.variants.length : 0) + (output.dash ? 1 : 0);
    case "FILE":
      return output.files.length;
    case "CMAF_PUSH":
      return 1;
    default:
      return output.feeds.filter(({ misfit }) => misfit === null).length;
  }
}
