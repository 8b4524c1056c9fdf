import type { TransactionContext } from "../access/context.ts";
import { copyRows } from "../database/copy-rows.ts";
import type { CopyText } from "../database/copy-text.ts";
import { required } from "../shared/assert.ts";
import { copiedColumns, SESSION_TABLES, type SessionOrigin, type SessionTable } from "./session.rows.ts";

/**
 * Many sessions are written in so many parts, whatever their number, so that the next one is made while the database writes. A part is
 * made three times as fast as it is written; the first one is small, since the database waits for it.
 */
const PART_ENDS = [0.04, 0.14, 0.36, 0.58, 0.8, 1] as const;
export const COPY_PARTS = PART_ENDS.length;

/** Those of the items that belong to a part. */
export function partOf<T>(items: readonly T[], part: number): readonly T[] {
  const endOf = (index: number) => Math.ceil((PART_ENDS[index] ?? 0) * items.length);
  return items.slice(endOf(part - 1), endOf(part));
}

/** A piece of a large number of new sessions: which part, and which table's rows of it. */
export interface CopyStep {
  readonly part: number;
  readonly table: SessionTable;
}

const COPY_STEPS: readonly CopyStep[] = Array.from({ length: COPY_PARTS }, (_, part) =>
  SESSION_TABLES.map((table) => ({ part, table })),
).flat();

/** New sessions as rows, given step by step in the order of `CopyStep`s, so that few are held at a time; a thread without a database can make them. */
export interface PreparedRows {
  readonly count: number;
  readonly origin: SessionOrigin;
  readonly take: (step: CopyStep) => CopyText | Promise<CopyText>;
}

/** Writes rows of new sessions and the change log, in a fixed number of statements. A name that is taken by now is the database's error. */
export async function copySessions({ transaction }: TransactionContext, { count, origin, take }: PreparedRows): Promise<void> {
  if (count === 0) return;
  const taken: Promise<CopyText>[] = [];
  for (const [index, { table }] of COPY_STEPS.entries()) {
    // A whole part is made ahead of the one that the database writes.
    for (const step of COPY_STEPS.slice(taken.length, index + SESSION_TABLES.length + 1)) taken.push(ahead(take(step)));
    const rows = await required(taken[index], "rows of a step");
    await copyRows(transaction, { table, columns: copiedColumns(table, origin), rows });
  }
}

/** Fails where it is awaited, and unheard when that never comes to pass. */
function ahead<T>(value: T | Promise<T>): Promise<T> {
  const promise = Promise.resolve(value);
  promise.catch(() => undefined);
  return promise;
}
