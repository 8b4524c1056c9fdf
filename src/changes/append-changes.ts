import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { insertRows, toRowSet, type ColumnTypes, type RowSet } from "../database/row-set.ts";
import type { ChangedObject, LoggedChangeKind } from "./change.rules.ts";

/** A change of one object, as the verb or agent that made it tells it. */
export interface NewChange {
  readonly organizationId: string;
  readonly object: ChangedObject;
  readonly objectId: string;
  readonly kind: LoggedChangeKind;
  readonly at: Date;
  /** Who asked for it, such as `key:Playout`; null for what was observed. */
  readonly actor: string | null;
  /** The fields that filters look at, before; null for a creation. */
  readonly before: object | null;
  /** The same fields after; null for a deletion. */
  readonly after: object | null;
}

/**
 * Writes changes to the log in one statement, in the order given. Call it last in the transaction that made them, while the
 * objects' rows are locked: the numbers of one object's changes are then in the order of the changes.
 */
export async function appendChanges(executor: Executor, changes: readonly NewChange[]): Promise<void> {
  if (changes.length === 0) return;
  await executor.execute(sql`
    insert into changes (organization_id, object, object_id, kind, at, actor, before, after)
    select "organizationId", object, "objectId", kind, at, actor, before, after
    from jsonb_to_recordset(${JSON.stringify(changes)}::text::jsonb) as change(
      "organizationId" text, object text, "objectId" text, kind text, at timestamptz, actor text, before jsonb, after jsonb
    )`);
}

const CHANGE_COLUMNS = { object_id: "text", before: "jsonb", after: "jsonb" } as const satisfies ColumnTypes;

/** Changes of many objects that have all but the objects in common. */
export type ChangeRows = RowSet;

export function toChangeRows(changes: readonly Pick<NewChange, "objectId" | "before" | "after">[]): ChangeRows {
  return toRowSet(
    changes.map(({ objectId, before, after }) => ({ object_id: objectId, before, after })),
    CHANGE_COLUMNS,
  );
}

/** The same as `appendChanges`, for changes that were made into rows before. */
export async function appendChangeRows(
  executor: Executor,
  rows: ChangeRows,
  { organizationId, object, kind, at, actor }: Omit<NewChange, "objectId" | "before" | "after">,
): Promise<void> {
  if (rows.count === 0) return;
  const constants = {
    organization_id: sql`${organizationId}`,
    object: sql`${object}`,
    kind: sql`${kind}`,
    at: sql`${at.toISOString()}::timestamptz`,
    actor: sql`${actor}`,
  };
  await executor.execute(insertRows("changes", CHANGE_COLUMNS, rows, constants));
}
