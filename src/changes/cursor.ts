import type { SQL } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { readExtent, readFlushedExtent, type LogExtent } from "./change.store.ts";
import {
  CURSOR_LENGTH_LIMIT,
  decodeCursor,
  encodeCursor,
  isLater,
  oldestUnseen,
  positionAt,
  snapshotBefore,
  type Mark,
  type Position,
} from "./position.ts";

/** The position now: what commits later is told to whoever resumes after it, and nothing of before. */
export async function currentCursor(executor: Executor, { now }: Clock): Promise<string> {
  const at = now();
  const { log, snapshot } = await readFlushedExtent(executor);
  return encodeCursor({ log, position: positionAt(snapshot), at });
}

/**
 * The position of a transaction's writes; call it in the transaction, after the last of them, whose commit brings all of it to the disk.
 * Their own changes are not told after it.
 * A `rider` is one more write, of a table that is not the log's, which goes along in the same statement.
 */
export async function writeCursor(transaction: Executor, { now }: Clock, rider: SQL | null = null): Promise<string> {
  const at = now();
  const { log, snapshot, own } = await readExtent(transaction, rider);
  return encodeCursor({ log, position: positionAt(snapshot, own), at });
}

/**
 * The cursor of a position. One with more views than a cursor can hold is given as one in the middle of a snapshot: what resumes there
 * begins it anew.
 */
export function cursorOf(mark: Mark): string {
  const cursor = encodeCursor(mark);
  return cursor.length <= CURSOR_LENGTH_LIMIT ? cursor : encodeCursor({ ...mark, position: partial(mark.position) });
}

/** In the middle of a snapshot. Its cursor says no more than that, since the views of a large one would make every cursor of it long. */
export function partial(position: Position): Position {
  return { ...position, views: [], isPartial: true };
}

export interface Resumption {
  readonly position: Position;
  /** Changes after the cursor are gone, or it came from the middle of a snapshot: the reader has not seen everything. */
  readonly hasGap: boolean;
  /** When the position was that of the reader; null where that is not known. */
  readonly at: Date | null;
}

/** Where a reader goes on after its cursor. A cursor of another database, or of its future, goes on from the oldest row kept. */
export function resumeAfter(cursor: string, extent: LogExtent): Resumption {
  const decoded = decodeCursor(cursor);
  if (!decoded) throw new Fault(FaultCode.BAD_USER_INPUT, "This cursor is not one that the change log gave out.");
  const { log, position, at } = decoded;
  // After a restore to an earlier time the numbers begin again: a position ahead of them belongs to a history that is gone.
  const isForeign = log !== extent.log || isLater(position.step?.to ?? position.snapshot, extent.snapshot);
  if (isForeign || oldestUnseen(position.snapshot) < extent.keptFrom) {
    return { position: oldestKept(extent), hasGap: true, at: null };
  }
  return { position: { ...position, isPartial: false }, hasGap: position.isPartial, at };
}

/** Just before the oldest change that is kept. */
export function oldestKept({ keptFrom }: LogExtent): Position {
  return positionAt(snapshotBefore(keptFrom));
}
