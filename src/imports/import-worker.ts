// A thread that runs the jobs of imports, so that a large file never holds up the requests of others. It has no database.
import { parentPort } from "node:worker_threads";
import { createImportJob, type ImportJob } from "./import-job.ts";
import type { JobAnswer, JobCall } from "./import-thread.ts";

const jobs = new Map<number, ImportJob>();

parentPort?.on("message", (call: JobCall) => {
  const told = answer(call);
  parentPort?.postMessage(told, buffersOf(told));
});

/** Rows are handed over whole: a copy of each would be made otherwise. */
function buffersOf({ result }: JobAnswer): ArrayBuffer[] {
  const bytes: unknown = typeof result === "object" && result !== null && "bytes" in result ? result.bytes : null;
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [];
}

function answer(call: JobCall): JobAnswer {
  try {
    return { id: call.id, result: run(call) };
  } catch (error) {
    return { id: call.id, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function run({ job: id, verb, argument }: JobCall): unknown {
  if (verb === "close") return void jobs.delete(id);
  const job = jobs.get(id) ?? createImportJob();
  jobs.set(id, job);
  // Each verb takes its own argument, as the typed side of the channel has made sure of.
  return (job[verb] as (given: unknown) => unknown)(argument);
}
