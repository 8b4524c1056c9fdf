import type { Context } from "../access/context.ts";
import { iterateBatches } from "./batch-iterator.ts";
import type { ChangeLog } from "./change-log.ts";
import type { LoggedChangeKind } from "./change.rules.ts";
import { openObjectChanges, type ObjectChange, type ObjectSource } from "./object-changes.ts";
import { withPatience } from "./patience.ts";

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
  /** What a subscriber is shown of a batch; tried again while the database is away. */
  readonly present: (batch: readonly ObjectChange<State, Kind>[]) => Promise<readonly Item[]>;
}

/** Changes of the caller's objects of one kind as a stream without an end. */
export async function followObjects<State, Kind extends LoggedChangeKind, Item>(
  context: Context & { readonly changeLog: ChangeLog },
  { following, source, present }: FollowedObjects<State, Kind, Item>,
): Promise<AsyncGenerator<Item, void>> {
  const { changeLog, database, clock, log, actor } = context;
  const { organizationId } = actor;
  const changes = await openObjectChanges({ ...following, changeLog, executor: database.executor, clock, log, organizationId, source });
  const closing = new AbortController();
  return iterateBatches({
    async nextBatch() {
      const batch = await changes.nextBatch();
      return batch && withPatience(log, closing.signal, () => present(batch));
    },
    close() {
      closing.abort();
      changes.close();
    },
  });
}
