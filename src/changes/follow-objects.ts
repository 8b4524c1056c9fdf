import type { Context } from "../access/context.ts";
import type { ChangeLog } from "./change-log.ts";
import type { LoggedChangeKind } from "./change.rules.ts";
import { itemSource, type ItemSource } from "./item-source.ts";
import { openObjectChanges, type ObjectChange, type ObjectChanges, type ObjectSource } from "./object-changes.ts";
import { neverOver, withPatience } from "./patience.ts";

/** Where a subscriber begins, and how often it wants to hear that it is still there. */
export interface Following {
  /** First every matching object as it is. */
  readonly snapshot: boolean;
  /** Everything since this cursor. */
  readonly after: string | null;
  readonly heartbeatSeconds: number | null;
}

export interface FollowedObjects<State, Kind extends LoggedChangeKind, Item extends object> {
  readonly following: Following;
  readonly source: ObjectSource<State, Kind>;
  /**
   * What subscribers are shown of a batch; tried again while the database is away. Made once for many, it depends on nothing of the
   * caller but the organization and the level.
   */
  readonly present: (batch: readonly ObjectChange<State, Kind>[]) => Promise<readonly Item[]>;
}

/** Changes of the caller's objects of one kind, without an end. */
export async function followObjects<State, Kind extends LoggedChangeKind, Item extends object>(
  context: Context & { readonly changeLog: ChangeLog },
  { following, source, present }: FollowedObjects<State, Kind, Item>,
): Promise<ItemSource<Item>> {
  const { changeLog, database, clock, log, actor } = context;
  const { organizationId } = actor;
  const { after, snapshot, heartbeatSeconds } = following;
  const begin = { after, snapshot, heartbeatSeconds, changeLog, executor: database.executor, clock, log, organizationId, source };
  return shown(await openObjectChanges(begin));

  function shown({ ready, take, noteTold, live, close }: ObjectChanges<State, Kind>): ItemSource<Item> {
    return itemSource({
      ready,
      take() {
        const taken = take();
        return taken && { of: taken.of, items: () => show(taken.items) };
      },
      noteTold,
      live: live && { isNow: live.isNow, isLikeOthers: live.isLikeOthers, fork: () => shown(live.fork()) },
      close,
    });
  }

  async function show(told: () => Promise<readonly ObjectChange<State, Kind>[]>): Promise<readonly Item[]> {
    const items = await told();
    return items.length === 0 ? [] : ((await withPatience(log, neverOver, () => present(items))) ?? []);
  }
}
