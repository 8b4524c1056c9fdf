import type { Context } from "../access/context.ts";
import type { KeysetPage, KeysetRows } from "../database/keyset.ts";
import { required } from "../shared/assert.ts";
import { groupBy } from "../shared/group-by.ts";
import { defineLoader, type LoaderDefinition } from "./loaders.ts";

/** The same page of a list that each of many objects has, such as the runs of sessions. */
export interface OwnedPage {
  readonly ownerIds: readonly string[];
  readonly page: KeysetPage;
  /** Which of several such lists; null where there is one. */
  readonly variant: string | null;
}

/** Pages of lists that objects have, by `pageKey`: the same page of many objects in one statement. */
export function definePageLoader<Row>(
  name: string,
  read: (context: Context, wanted: OwnedPage) => Promise<ReadonlyMap<string, KeysetRows<Row>>>,
): LoaderDefinition<KeysetRows<Row>> {
  return defineLoader(name, async (context, keys) => {
    const wanted = keys.map((key) => JSON.parse(key) as PageKey);
    const groups = groupBy(wanted, ([page, variant]) => JSON.stringify([page, variant]));
    const pages = await Promise.all(
      [...groups.values()].map(async (group) => {
        const [page, variant] = required(group[0], "a page");
        const found = await read(context, { ownerIds: group.map(([, , id]) => id), page, variant });
        return [...found].map(([id, rows]) => [pageKey(id, page, variant), rows] as const);
      }),
    );
    const byKey = new Map(pages.flat());
    return keys.map((key) => byKey.get(key) ?? null);
  });
}

type PageKey = readonly [page: KeysetPage, variant: string | null, ownerId: string];

/** The key of one object's page. */
export function pageKey(ownerId: string, page: KeysetPage, variant: string | null = null): string {
  return JSON.stringify([page, variant, ownerId] satisfies PageKey);
}
