import { and, asc, eq, getColumns, gte, isNull, lt, ne, sql, type SQL } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import {
  keysetCondition,
  keysetLimit,
  keysetOrderBy,
  takePage,
  type KeysetOrder,
  type KeysetPage,
  type KeysetRows,
} from "../database/keyset.ts";
import { takePages, wantedOwners, type WantedPages } from "../database/owned-pages.ts";
import { textList } from "../database/text-list.ts";
import { runs } from "../sessions/run.table.ts";
import type { AssetKind, AssetStatus } from "./asset.rules.ts";
import { assets } from "./asset.table.ts";

/** An asset as it is shown. */
export type AssetRow = typeof assets.$inferSelect & {
  readonly sessionDate: Date;
  /** Whether whoever keeps its files can be asked for them now. */
  readonly isReachable: boolean;
};

const NEWEST_FIRST: KeysetOrder = { key: assets.createdAt, keyType: "timestamptz", id: assets.id, isDescending: true };

// Encoders are named in SQL alone: assets know nothing of how they are run.
const isReachable = sql<boolean>`(${assets.location} = 'OBJECT_STORE' or exists (
  select from encoders e where e.id = ${assets.encoderId} and e.status <> 'LOST' and e.media_address is not null))`.as("is_reachable");

function selectAssets(executor: Executor) {
  return executor
    .select({ ...getColumns(assets), sessionDate: sql<Date>`${runs.startedAt}`.mapWith(runs.startedAt).as("session_date"), isReachable })
    .from(assets)
    .innerJoin(runs, eq(runs.id, assets.runId));
}

/** Which assets are meant; null says nothing, and all that is said must hold. */
export interface AssetQuery {
  readonly organizationId: string;
  readonly kinds: readonly AssetKind[] | null;
  readonly statuses: readonly AssetStatus[] | null;
  readonly sessionId: string | null;
  /** From then on. */
  readonly createdFrom: Date | null;
  /** Before then. */
  readonly createdTo: Date | null;
}

/** One page of assets, newest first. */
export async function pageAssets(executor: Executor, query: AssetQuery, page: KeysetPage): Promise<KeysetRows<AssetRow>> {
  const rows = await selectAssets(executor)
    .where(and(isMeant(query), keysetCondition(NEWEST_FIRST, page)))
    .orderBy(keysetOrderBy(NEWEST_FIRST, page))
    .limit(keysetLimit(page));
  return takePage(rows, page);
}

export async function countAssets(executor: Executor, query: AssetQuery): Promise<number> {
  return executor.$count(assets, isMeant(query));
}

function isMeant({ organizationId, kinds, statuses, sessionId, createdFrom, createdTo }: AssetQuery): SQL | undefined {
  return and(
    eq(assets.organizationId, organizationId),
    isNull(assets.deletedAt),
    isOfKind(kinds),
    statuses === null ? undefined : sql`${assets.status} = any(${textList(statuses)})`,
    sessionId === null ? undefined : eq(assets.sessionId, sessionId),
    createdFrom === null ? undefined : gte(assets.createdAt, createdFrom),
    createdTo === null ? undefined : lt(assets.createdAt, createdTo),
  );
}

/** Of one kind it is asked so that the index of kinds gives the order as well. */
function isOfKind(kinds: readonly AssetKind[] | null): SQL | undefined {
  const [only, ...others] = kinds ?? [];
  if (kinds === null) return undefined;
  return only !== undefined && others.length === 0 ? eq(assets.kind, only) : sql`${assets.kind} = any(${textList(kinds)})`;
}

/** Assets by id. */
export async function findAssets(executor: Executor, organizationId: string, ids: readonly string[]): Promise<readonly AssetRow[]> {
  return selectAssets(executor).where(
    and(eq(assets.organizationId, organizationId), isNull(assets.deletedAt), sql`${assets.id} = any(${textList(ids)})`),
  );
}

/** Recordings of sessions that are whole or may become so, the oldest first. */
export async function listRecordings(
  executor: Executor,
  { organizationId, sessionIds }: { readonly organizationId: string; readonly sessionIds: readonly string[] },
): Promise<readonly AssetRow[]> {
  return selectAssets(executor)
    .where(
      and(
        eq(assets.organizationId, organizationId),
        sql`${assets.sessionId} = any(${textList(sessionIds)})`,
        eq(assets.kind, "RECORDING"),
        ne(assets.status, "FAILED"),
        isNull(assets.deletedAt),
      ),
    )
    .orderBy(asc(assets.createdAt), asc(assets.id));
}

/** What assets belong to; those of an event are those of the sessions that feed its languages. */
export type AssetOwner = "PROCESS" | "RUN" | "EVENT";

// Events are named in SQL alone: they stand above assets.
const OWNERS: Readonly<Record<AssetOwner, (ownerId: SQL) => SQL>> = {
  PROCESS: (id) => sql`${assets.processId} = ${id}`,
  RUN: (id) => sql`${assets.runId} = ${id}`,
  EVENT: (id) => sql`${assets.sessionId} in (select l.session_id from event_languages l where l.event_id = ${id})`,
};

export interface OwnedAssets extends WantedPages {
  readonly organizationId: string;
  readonly owner: AssetOwner;
}

/** For each process or run one page of its assets, newest first: all in one statement. */
export async function pageAssetsOf(executor: Executor, query: OwnedAssets): Promise<ReadonlyMap<string, KeysetRows<AssetRow>>> {
  const wanted = wantedOwners(executor, query.ownerIds);
  const found = selectAssets(executor)
    .where(
      and(
        eq(assets.organizationId, query.organizationId),
        OWNERS[query.owner](sql`${wanted.ownerId}`),
        isNull(assets.deletedAt),
        keysetCondition(NEWEST_FIRST, query.page),
      ),
    )
    .orderBy(keysetOrderBy(NEWEST_FIRST, query.page))
    .limit(keysetLimit(query.page))
    .as("found");
  const rows = await executor
    .with(wanted)
    .select()
    .from(wanted)
    .innerJoinLateral(found, sql`true`);
  return takePages(query, rows);
}

/** How many assets each of the owners has. */
export async function countAssetsOf(executor: Executor, owner: AssetOwner, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const wanted = wantedOwners(executor, ids);
  const count = sql<number>`(select count(*)::integer from ${assets} where ${OWNERS[owner](sql`${wanted.ownerId}`)} and ${isNull(assets.deletedAt)})`;
  const rows = await executor
    .with(wanted)
    .select({ id: wanted.ownerId, count: count.as("count") })
    .from(wanted);
  return new Map(rows.map(({ id, count: found }) => [id, found]));
}
