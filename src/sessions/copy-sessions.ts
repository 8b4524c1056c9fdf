import type { TransactionContext } from "../access/context.ts";
import { copyRows } from "../database/copy-rows.ts";
import type { CopyText } from "../database/copy-text.ts";
import { required } from "../shared/assert.ts";
import { copiedColumns, SESSION_TABLES, type SessionOrigin, type SessionTable } from "./session.rows.ts";

/** A piece of a large number of new sessions: which of `COPY_PARTS`, and which table's rows of it. */
export interface CopyStep {
  readonly part: number;
  readonly table: SessionTable;
}

/** Many sessions are written in so many parts, whatever their number, so that the next one is made while the database writes. */
export const COPY_PARTS = 5;

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
