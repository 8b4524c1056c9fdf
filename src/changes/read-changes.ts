import type { Context } from "../access/context.ts";
import { changeKindName, LOG_LAGGED } from "./change.rules.ts";
import { countUntold, readFlushedExtent } from "./change.store.ts";
import { cursorOf, oldestKept, resumeAfter } from "./cursor.ts";
import type { Mark } from "./position.ts";
import { readUntold, type UntoldItem } from "./read-untold.ts";

/** A change as integrations are told of it. */
export interface ToldChange {
  readonly cursor: string;
  /** One of `CHANGE_KIND_NAMES`. */
  readonly kind: string;
  readonly at: Date;
  readonly actor: string | null;
  readonly objectId: string;
}

export interface ChangesPage {
  readonly changes: readonly ToldChange[];
  /** Where to go on; there also when nothing was found, so that a quiet reader's cursor does not age. */
  readonly endCursor: string;
  readonly hasMore: boolean;
  /** How many follow the cursor that was given, as far as they are counted. */
  readonly count: () => Promise<number>;
}

/** Changes that follow a cursor are counted so far. */
export const COUNT_LIMIT = 10_000;

/**
 * The caller's changes behind a cursor, or from the oldest kept one, two statements whatever their number. Throws BAD_USER_INPUT for a
 * text that is no cursor; where changes are missing, `log.lagged` stands in their place.
 */
export async function readChanges(
  { database: { executor }, actor: { organizationId }, clock }: Pick<Context, "database" | "actor" | "clock">,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<ChangesPage> {
  const now = clock.now();
  const extent = await readFlushedExtent(executor);
  const { position: start, hasGap } = after === null ? { position: oldestKept(extent), hasGap: false } : resumeAfter(after, extent);
  const gap: readonly UntoldItem[] = hasGap ? [{ change: null, position: start }] : [];
  const { items, position, hasMore } = await readUntold(executor, { organizationId, extent, position: start, limit: limit - gap.length });
  const toMark = (at: Date | null, markPosition = position): Mark => ({ log: extent.log, position: markPosition, at });
  const changes = [...gap, ...items].map((item): ToldChange => {
    const { object, kind, at, actor, objectId } = item.change ?? { kind: null, at: now, actor: null, objectId: organizationId };
    const cursor = cursorOf(toMark(at, item.position));
    return { cursor, kind: kind === null ? LOG_LAGGED : changeKindName(object, kind), at, actor, objectId };
  });
  return {
    changes,
    endCursor: cursorOf(toMark(hasMore ? (changes.at(-1)?.at ?? null) : now)),
    hasMore,
    count: () => countUntold(executor, { organizationId, position: start, to: extent.snapshot, limit: COUNT_LIMIT }),
  };
}
