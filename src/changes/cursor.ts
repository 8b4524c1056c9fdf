import type { SQL } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { readExtent, type LogExtent } from "./change.store.ts";
import { decodeCursor, encodeCursor, oldestUnseen, positionAt, snapshotBefore, type Position } from "./position.ts";

/** The position now: what commits later is told to whoever resumes after it, and nothing of before. */
export async function currentCursor(executor: Executor): Promise<string> {
  const { log, snapshot } = await readExtent(executor);
  return encodeCursor(log, positionAt(snapshot));
}

/**
 * The position of a transaction's writes; call it in the transaction, after the last of them. Their own changes are not told after it.
 * A `rider` is one more write, of a table that is not the log's, which goes along in the same statement.
 */
export async function writeCursor(transaction: Executor, rider: SQL | null = null): Promise<string> {
  const { log, snapshot, own } = await readExtent(transaction, rider);
  return encodeCursor(log, positionAt(snapshot, own));
}

export interface Resumption {
  readonly position: Position;
  /** Changes after the cursor are gone, or it came from the middle of a snapshot: the reader has not seen everything. */
  readonly hasGap: boolean;
}

/** Where a reader goes on after its cursor. A cursor of another database, or of its future, goes on from the oldest row kept. */
export function resumeAfter(cursor: string, extent: LogExtent): Resumption {
  const decoded = decodeCursor(cursor);
  if (!decoded) throw new Fault(FaultCode.BAD_USER_INPUT, "This cursor is not one that the change log gave out.");
  const { log, position } = decoded;
  // After a restore to an earlier time the numbers begin again: a position ahead of them belongs to a history that is gone.
  const isForeign = log !== extent.log || (position.step?.to ?? position.snapshot).xmax > extent.snapshot.xmax;
  if (isForeign || oldestUnseen(position.snapshot) < extent.keptFrom) {
    return { position: positionAt(snapshotBefore(extent.keptFrom)), hasGap: true };
  }
  return { position: { ...position, isPartial: false }, hasGap: position.isPartial };
}
