import type { Context } from "../access/context.ts";
import type { Upload } from "../graphql/upload.ts";
import { CSV_LENGTH_LIMIT } from "./csv.read.ts";
import { openHere, openInThread, type RunningJob } from "./import-thread.ts";
import { createImportTurns, type ImportTurn } from "./import-turns.ts";
import { openWaitingFile } from "./waiting-file.ts";

/** Pieces of a socket are gathered to so many bytes, so that neither disk nor thread is called for every packet. */
const PIECE_BYTES = 256 * 1024;
/** A file of at most so many bytes is done faster here than sent to a thread, and within a few milliseconds. */
const SMALL_BYTES = 32 * 1024;
/**
 * Each turn has a thread whose memory the largest file fills by half, some 250 MB. One at a time of an organization, so that two files
 * of the same names do not wait for one another inside of transactions, and so that no organization keeps the others waiting.
 */
const TURNS = createImportTurns({ total: 3, perOrganization: 1, openPerOrganization: 20, patienceMilliseconds: 120_000 });

/** A file as text or as an upload. */
export interface GivenFile {
  readonly csv?: string | null | undefined;
  readonly file?: Upload | null | undefined;
}

/**
 * Hands a whole file to a job; null when it is larger than a file may be, of which no more is read. A large one waits for its turn until
 * it is all there, so that whoever sends slowly, or goes away, holds up nobody. Throws SERVICE_UNAVAILABLE when the turn does not come.
 */
export async function receiveFile({ csv, file }: GivenFile, context: Context): Promise<RunningJob | null> {
  if (file) return receiveUpload(file, context);
  const bytes = Buffer.from(csv ?? "");
  return bytes.length > CSV_LENGTH_LIMIT ? null : openWith(bytes, context);
}

async function receiveUpload(file: Upload, context: Context): Promise<RunningJob | null> {
  const pieces = gather(file.open());
  const first = await pieces.next();
  if (first.done) return openWith(Buffer.alloc(0), context);
  if (first.value.length < PIECE_BYTES) return openWith(first.value, context);
  return inTurn(context, async (turn) => {
    const waiting = await openWaitingFile();
    try {
      let size = first.value.length;
      await waiting.append(first.value);
      for await (const piece of pieces) {
        size += piece.length;
        if (size > CSV_LENGTH_LIMIT) return null;
        await waiting.append(piece);
      }
      return await openInTurn(waiting.read(), turn, context);
    } finally {
      await waiting.close();
    }
  });
}

/** Opens a job with a file that is all here. */
async function openWith(bytes: Uint8Array, context: Context): Promise<RunningJob> {
  if (bytes.length > SMALL_BYTES) return inTurn(context, (turn) => openInTurn([bytes], turn, context));
  const job = openHere();
  await job.push(bytes);
  return job;
}

/** The turn ends with the job; without one, at once. */
async function inTurn<T extends RunningJob | null>(context: Context, open: (turn: ImportTurn) => Promise<T>): Promise<T> {
  const turn = TURNS.enter(context.actor.organizationId);
  try {
    const job = await open(turn);
    if (job === null) turn.end();
    return job;
  } catch (error) {
    turn.end();
    throw error;
  }
}

async function openInTurn(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  turn: ImportTurn,
  { signal }: Context,
): Promise<RunningJob> {
  await turn.begin(signal);
  const job = openInThread(turn.end);
  try {
    for await (const piece of pieces) if (!(await job.push(piece))) break;
    return job;
  } catch (error) {
    job.close();
    throw error;
  }
}

/** Each piece is good until the next one. All but the last are of `PIECE_BYTES`. */
async function* gather(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const gathered = Buffer.allocUnsafe(PIECE_BYTES);
  let size = 0;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      const taken = chunk.subarray(start, start + PIECE_BYTES - size);
      gathered.set(taken, size);
      start += taken.length;
      size += taken.length;
      if (size < PIECE_BYTES) continue;
      yield gathered;
      size = 0;
    }
  }
  if (size > 0) yield gathered.subarray(0, size);
}
