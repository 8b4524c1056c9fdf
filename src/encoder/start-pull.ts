import { describeInputEnd } from "./ffmpeg.process.ts";
import type { IngestPlan } from "./ingest.arguments.ts";
import { spawnPlan, type Pull, type PullOptions } from "./pull.ts";
import { RawPull } from "./raw-pull.ts";

/** Starts what a plan says. Never throws: what cannot be started has ended. */
export function startPull(plan: IngestPlan, options: PullOptions): Pull {
  if (plan.source.kind === "RAW") return new RawPull(plan.source.receiver, options);
  const child = spawnPlan(plan.source.process, options);
  child.stdout.on("data", options.onBytes);
  return { pid: child.pid, ended: child.ended.then(describeInputEnd), hint: () => null, kill: child.kill };
}
