import { toRowSet, type ColumnTypes, type RowSet } from "../database/row-set.ts";
import type { NewChange } from "./append-changes.ts";

export const CHANGE_COLUMNS = { object_id: "text", before: "jsonb", after: "jsonb" } as const satisfies ColumnTypes;

/** Changes of many objects that have all but the objects in common. */
export type ChangeRows = RowSet;

export function toChangeRows(changes: readonly Pick<NewChange, "objectId" | "before" | "after">[]): ChangeRows {
  return toRowSet(
    changes.map(({ objectId, before, after }) => ({ object_id: objectId, before, after })),
    CHANGE_COLUMNS,
  );
}
