import type { Executor } from "../database/database.ts";
import { readPage, type LoggedChange, type LogExtent } from "./change.store.ts";
import { advanceTo, isLater, oldestUnseen, positionAt, snapshotBefore, wasSeen, type Position } from "./position.ts";

/** Windows of the log that are looked through at most: a read costs the same however far behind its reader is. */
const WINDOW_LIMIT = 10;

export interface UntoldQuery {
  readonly organizationId: string;
  readonly position: Position;
  /** The present is where this sees. */
  readonly extent: LogExtent;
  readonly limit: number;
}

/** A change that follows a position, or null where changes are missing that are not kept any more, and the position just behind it. */
export interface UntoldItem {
  readonly change: LoggedChange | null;
  readonly position: Position;
}

export interface UntoldPage {
  /** Each object's changes in their order. */
  readonly items: readonly UntoldItem[];
  /** Up to where the log was read. */
  readonly position: Position;
  /** Whether that is not the present yet. */
  readonly hasMore: boolean;
}

/** Reads what an organization's reader has not been told at its position from the log itself: what was committed before is found. */
export async function readUntold(executor: Executor, { organizationId, extent, limit, ...query }: UntoldQuery): Promise<UntoldPage> {
  const items: UntoldItem[] = [];
  let { position } = query;
  for (let windows = 0; windows < WINDOW_LIMIT && items.length < limit && isBehind(position, extent); windows += 1) {
    const to = position.step?.to ?? extent.snapshot;
    const afterId = position.step?.id ?? null;
    const page = await readPage(executor, {
      organizationId,
      objects: null,
      from: position.snapshot,
      to,
      afterId,
      limit: limit - items.length,
    });
    if (oldestUnseen(position.snapshot) < page.keptFrom) {
      position = positionAt(snapshotBefore(page.keptFrom));
      items.push({ change: null, position });
      continue;
    }
    const before = position;
    const untold = page.rows.filter((change) => !wasSeen(before, change));
    items.push(...untold.map((change) => ({ change, position: { ...before, step: { to, id: change.id } } })));
    position = page.throughId === null ? advanceTo(before, to) : { ...before, step: { to, id: page.throughId } };
  }
  return { items, position, hasMore: isBehind(position, extent) };
}

function isBehind(position: Position, { snapshot }: LogExtent): boolean {
  return position.step !== null || isLater(snapshot, position.snapshot);
}
