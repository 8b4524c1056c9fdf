// A thread that runs the job of one import at a time, so that a large file never holds up the requests of others. It has no database.
import { parentPort } from "node:worker_threads";
import { createImportJob, type ImportJob } from "./import-job.ts";
import type { JobAnswer, JobCall } from "./import-thread.ts";

let job: ImportJob | null = null;

parentPort?.on("message", (call: JobCall) => {
  const told = answer(call);
  parentPort?.postMessage(told, buffersOf(told));
});

/** Rows, and the bytes of a file, are handed over whole: a copy of each would be made otherwise. */
function buffersOf({ result, bytes }: JobAnswer): ArrayBuffer[] {
  if (bytes) return [bytes.buffer];
  const pieces: unknown = typeof result === "object" && result !== null && "pieces" in result ? result.pieces : [];
  return Array.isArray(pieces) ? pieces.flatMap((piece) => (piece instanceof Uint8Array ? [piece.buffer as ArrayBuffer] : [])) : [];
}

function answer(call: JobCall): JobAnswer {
  const { id, verb, argument } = call;
  const bytes = verb === "push" ? (argument as Uint8Array<ArrayBuffer>) : null;
  try {
    return { id, bytes, result: run(call) };
  } catch (error) {
    return { id, bytes, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function run({ verb, argument }: JobCall): unknown {
  if (verb === "close") return void (job = null);
  job ??= createImportJob();
  // Each verb takes its own argument, as the typed side of the channel has made sure of.
  return (job[verb] as (given: unknown) => unknown)(argument);
}
