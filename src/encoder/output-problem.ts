import type { EncoderPlan, PlannedOutput } from "./encoder-plan.ts";

const FAILED_SLAVE = /Slave muxer #(\d+) failed: (.+?)(?:, continuing|[.,]?$)/;

/** Why the encoder gave up on outputs while it went on with the others, by playback, out of what it said; the newest reason of each. */
export function outputProblems(plan: EncoderPlan, lines: readonly string[]): ReadonlyMap<string, string> {
  const owners = plan.outputs.flatMap((output) => Array.from({ length: slaveCount(output) }, () => output.playbackId));
  const problems = new Map<string, string>();
  for (const line of lines) {
    const [, position, reason] = FAILED_SLAVE.exec(line) ?? [];
    const playbackId = owners[Number(position)];
    if (playbackId !== undefined && reason !== undefined) problems.set(playbackId, reason);
  }
  return problems;
}

/** How many of the tee's slaves an output has; they stand in the order of the outputs. */
function slaveCount(output: PlannedOutput): number {
  if (output.kind === "FILE") return output.files.filter(({ rendition }) => !rendition.isPassthrough).length;
  return (output.hls ? output.variants.length : 0) + (output.dash ? 1 : 0);
}
