import type { Upload } from "../graphql/upload.ts";
import { openJob, type RunningJob } from "./import-thread.ts";

/** Pieces of a socket are gathered to so many bytes, so that the thread is not called for every packet. */
const PIECE_BYTES = 256 * 1024;

/** A file as text or as an upload. */
export interface GivenFile {
  readonly csv?: string | null | undefined;
  readonly file?: Upload | null | undefined;
}

/** Hands a file to a job while it comes in. Once it is refused, no more of it is read. */
export async function receiveFile({ csv, file }: GivenFile, organizationId: string): Promise<RunningJob> {
  if (file) return receiveUpload(file, organizationId);
  const bytes = Buffer.from(csv ?? "");
  const job = await openJob(bytes.length, organizationId);
  await job.push(bytes);
  return job;
}

async function receiveUpload(file: Upload, organizationId: string): Promise<RunningJob> {
  let job: RunningJob | null = null;
  const gathered = Buffer.allocUnsafe(PIECE_BYTES);
  let size = 0;
  try {
    for await (const chunk of file.open()) {
      for (let start = 0; start < chunk.length;) {
        const taken = chunk.subarray(start, start + PIECE_BYTES - size);
        gathered.set(taken, size);
        start += taken.length;
        size += taken.length;
        if (size < PIECE_BYTES) continue;
        job ??= await openJob(size, organizationId);
        if (!(await job.push(gathered))) return job;
        size = 0;
      }
    }
    job ??= await openJob(size, organizationId);
    await job.push(gathered.subarray(0, size));
    return job;
  } catch (error) {
    job?.close();
    throw error;
  }
}
