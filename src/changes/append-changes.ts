import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { insertRows } from "../database/row-set.ts";
import type { ChangedObject, LoggedChangeKind } from "./change.rules.ts";
import { CHANGE_COLUMNS, type ChangeRows } from "./change.rows.ts";

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
