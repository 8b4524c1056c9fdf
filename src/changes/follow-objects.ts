import type { Context } from "../access/context.ts";
import type { ChangeLog } from "./change-log.ts";
import type { LoggedChangeKind } from "./change.rules.ts";
import { iterateBatches, type BatchedItems } from "./batch-iterator.ts";
import { openObjectChanges, type ChangeBatch, type ObjectChange, type ObjectSource } from "./object-changes.ts";
import { neverOver, withPatience } from "./patience.ts";

/** Where a subscriber begins, and how often it wants to hear that it is still there. */
export interface Following {
  /** First every matching object as it is. */
  readonly snapshot: boolean;
  /** Everything since this cursor. */
  readonly after: string | null;
  readonly heartbeatSeconds: number | null;
}

export interface FollowedObjects<State, Kind extends LoggedChangeKind, Item> {
  readonly following: Following;
  readonly source: ObjectSource<State, Kind>;
  /**
   * What subscribers are shown of a batch; tried again while the database is away. It depends on the organization and the source's
   * key alone, since it is made once for all subscribers to the same.
   */
  readonly present: (batch: readonly ObjectChange<State, Kind>[]) => Promise<readonly Item[]>;
}

/** Changes of the caller's objects of one kind as a stream without an end. */
export async function followObjects<State, Kind extends LoggedChangeKind, Item>(
  context: Context & { readonly changeLog: ChangeLog },
  { following, source, present }: FollowedObjects<State, Kind, Item>,
): Promise<BatchedItems<Item>> {
  const { changeLog, database, clock, log, actor } = context;
  const { organizationId } = actor;
  const changes = await openObjectChanges({ ...following, changeLog, executor: database.executor, clock, log, organizationId, source });

  async function shownOf({ items, isShared }: ChangeBatch<State, Kind>): Promise<readonly Item[] | null> {
    const show = () => withPatience(log, neverOver, () => present(items));
    return isShared ? changeLog.share(items, "shown", show) : show();
  }

  return iterateBatches({
    async nextBatch() {
      const batch = await changes.nextBatch();
      return batch && shownOf(batch);
    },
    isLive: changes.isLive,
    close: changes.close,
  });
}
