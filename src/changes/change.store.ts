import { setImmediate } from "node:timers/promises";
import { sql, type SQL } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import type { ChangedObject, LoggedChangeKind } from "./change.rules.ts";
import { FLUSH, flushWhen } from "./flush.store.ts";
import { parseSnapshot, snapshotText, viewedKind, type Position, type Snapshot, type View } from "./position.ts";

/** A row of the change log. */
export interface LoggedChange {
  readonly id: number;
  readonly transaction: bigint;
  readonly organizationId: string;
  readonly object: ChangedObject;
  readonly objectId: string;
  readonly kind: LoggedChangeKind;
  readonly at: Date;
  readonly actor: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

const NEXT_TRANSACTION: SQL = sql`(transaction::text::numeric + 1)::text::xid8`;

/** What the log's database is and how far it reaches, all as one statement saw it. */
export interface LogExtent {
  /** Names the cluster and the database: transaction numbers of another one mean nothing here. */
  readonly log: string;
  /** Rows of transactions before this one may have been swept. */
  readonly keptFrom: bigint;
  readonly snapshot: Snapshot;
  /** The transaction that this statement ran in, if it has written; null outside of one. */
  readonly own: bigint | null;
}

const LOG_NAME: SQL = sql`left(md5((select system_identifier from pg_control_system()) || ':' || (select oid from pg_database where datname = current_database())), 12)`;
const KEPT_FROM: SQL = sql`coalesce((select kept_from from change_retention), '1'::xid8)`;

const COLUMNS: SQL = sql`c.id, c.transaction::text as transaction, c.organization_id, c.object, c.object_id, c.kind, c.at, c.actor, c.before, c.after`;

/** In a transaction: its snapshot may be handed on once that is committed. A `rider` is written in the same statement. */
export async function readExtent(executor: Executor, rider: SQL | null = null): Promise<LogExtent> {
  return selectExtent(executor, rider, sql`null`);
}

/** Outside of one: its snapshot may be handed on. */
export async function readFlushedExtent(executor: Executor): Promise<LogExtent> {
  return selectExtent(executor, null, FLUSH);
}

async function selectExtent(executor: Executor, rider: SQL | null, flush: SQL): Promise<LogExtent> {
  const [row] = await executor.execute<{ log: string; kept_from: string; snapshot: string; own: string | null }>(sql`
    ${rider === null ? sql`` : sql`with ridden as (${rider})`}
    select ${LOG_NAME} as log, ${KEPT_FROM}::text as kept_from, pg_current_snapshot()::text as snapshot,
      pg_current_xact_id_if_assigned()::text as own, ${flush} as flushed`);
  if (!row) throw new Error("PostgreSQL gave no row for its own snapshot");
  return {
    log: row.log,
    keptFrom: BigInt(row.kept_from),
    snapshot: parseSnapshot(row.snapshot),
    own: row.own === null ? null : BigInt(row.own),
  };
}

/** A step of the log, of every organization. */
export interface LogStep {
  readonly from: Snapshot;
  readonly to: Snapshot;
  /** In the order of ids; none when the step is cut. */
  readonly rows: readonly LoggedChange[];
  /** There are more rows than asked for: the step has to be read in pages. */
  readonly isCut: boolean;
  /** When the first of them happened; null when there are none. */
  readonly oldestAt: Date | null;
  /** Whether `to` may be handed on: always with rows, and without any when the disk had all that was written. */
  readonly isFlushed: boolean;
}

/** Reads the step from a snapshot to that of this very statement, at most `limit` rows. With rows it waits for the disk. */
export async function readStep(executor: Executor, { from, limit }: { readonly from: Snapshot; readonly limit: number }): Promise<LogStep> {
  type Found = RowOrNone & {
    readonly snapshot: string;
    readonly is_flushed: boolean;
    readonly is_cut: boolean;
    readonly oldest_at: string | Date | null;
  };
  // Rows of a step that is cut stay where they are: tens of thousands would be read here only to be thrown away.
  const found = await executor.execute<Found>(sql`
    with step as materialized (
      (select ${COLUMNS} from changes c where ${hasBegunAfter(from)} order by c.transaction, c.id limit ${limit + 1})
      union all
      (select ${COLUMNS} from changes c where ${wasRunningIn(from)} limit ${limit + 1}))
    select present.snapshot::text as snapshot, flush.is_done as is_flushed, size.is_cut, size.oldest_at, c.*
    from (select pg_current_snapshot() as snapshot) present
    cross join (select count(*) > ${limit} as is_cut, min(at) as oldest_at from step) size
    cross join lateral (select ${flushWhen(sql`size.oldest_at is not null`)} as is_done offset 0) flush
    left join step c on not size.is_cut`);
  const first = found[0];
  if (!first) throw new Error("PostgreSQL gave no row for its own snapshot");
  // Two scans in the order of the index: asked for as one, or by id, PostgreSQL may walk the whole log for a handful of new rows.
  const rows = (await toChanges(found)).sort((one, other) => one.id - other.id);
  const oldestAt = first.oldest_at === null ? null : new Date(first.oldest_at);
  return { from, to: parseSnapshot(first.snapshot), rows, isCut: first.is_cut, oldestAt, isFlushed: first.is_flushed };
}

export interface PageOfStep {
  readonly organizationId: string;
  /** Null: objects of every kind. */
  readonly objects: readonly ChangedObject[] | null;
  readonly from: Snapshot;
  readonly to: Snapshot;
  /** Null: from the first row of the step. */
  readonly afterId: number | null;
  readonly limit: number;
}

/** What one statement found of a step. */
export interface StepPage {
  /** Since when the log is whole. */
  readonly keptFrom: bigint;
  /** In the order of ids. */
  readonly rows: readonly LoggedChange[];
  /** Up to where the step was read; null when there is no more of it. */
  readonly throughId: number | null;
}

/** Rows that one statement looks through: however far behind a reader is, it takes no statement longer than others. */
const PAGE_WINDOW = 5_000;

/** Reads one organization's rows of a step in the order of ids. Ask on with `afterId: throughId` until that is null. */
export async function readPage(executor: Executor, page: PageOfStep): Promise<StepPage> {
  const { organizationId, objects, from, to, afterId, limit } = page;
  const found = await executor.execute<RowOrNone & { kept_from: string; low: string | null; high: string | null }>(sql`
    select bounds.kept_from::text as kept_from, bounds.low, bounds.high, c.*
    from (select ${KEPT_FROM} as kept_from, ${afterId === null ? firstUnseenId(from) : sql`${afterId}::bigint`} as low, (select max(id) from changes) as high) bounds
    left join lateral (
      select ${COLUMNS} from changes c
      where c.id > bounds.low and c.id <= bounds.low + ${PAGE_WINDOW}::bigint
        and (${hasBegunAfter(from)} or ${wasRunningIn(from)}) and ${isSeenBy(to)}
        and c.organization_id = ${organizationId} and ${objects === null ? sql`true` : sql`c.object = any(${textList(objects)})`}
      order by c.id limit ${limit}
    ) c on true`);
  const [first] = found;
  if (!first) throw new Error("PostgreSQL gave no row for a page of the log");
  const rows = found.flatMap(toChange);
  const windowEnd = first.low === null ? null : Number(first.low) + PAGE_WINDOW;
  const throughId =
    rows.length === limit ? (rows.at(-1)?.id ?? null) : windowEnd !== null && windowEnd < Number(first.high) ? windowEnd : null;
  return { keptFrom: BigInt(first.kept_from), rows, throughId };
}

/**
 * Just before the first row that a snapshot does not see. The sum keeps PostgreSQL from walking all ids in search of it; for who has
 * seen none of the rows, it would look at each of them.
 */
function firstUnseenId(snapshot: Snapshot): SQL {
  return sql`(select case
    when not exists (select from changes c where c.transaction < ${snapshot.xmax.toString()}::xid8) then (select min(c.id) from changes c)
    else least(
      (select min(c.id + 0) from changes c where ${hasBegunAfter(snapshot)}),
      (select min(c.id + 0) from changes c where ${wasRunningIn(snapshot)}))
    end - 1)`;
}

/** The rows `c` that a snapshot does not see are those of transactions that began after it, or that were running in it. */
function hasBegunAfter({ xmax }: Snapshot): SQL {
  return sql`c.transaction >= ${xmax.toString()}::xid8`;
}

function wasRunningIn({ running }: Snapshot): SQL {
  return sql`c.transaction = any(${`{${running.join(",")}}`}::xid8[])`;
}

/** The rows `c` that a later snapshot sees, and that a reader has not been told of at its position: the same by set as by `wasSeen`. */
export function isUntold({ snapshot, step, own, views }: Position, to: Snapshot): SQL {
  const conditions = [
    sql`(${hasBegunAfter(snapshot)} or ${wasRunningIn(snapshot)})`,
    isSeenBy(to),
    ...(step === null ? [] : [sql`not (c.id <= ${step.id}::bigint and ${isSeenBy(step.to)})`]),
    ...(own === null ? [] : [sql`c.transaction <> ${own.toString()}::xid8`]),
    ...(views.length === 0 ? [] : [sql`not ${isInView(views)}`]),
  ];
  return sql.join(conditions, sql` and `);
}

export interface UntoldCount {
  readonly organizationId: string;
  readonly position: Position;
  readonly to: Snapshot;
  readonly limit: number;
}

/** Rows that are looked through to count some. */
const COUNT_WINDOW = 50_000;

/** How many of an organization's rows a reader has not been told of, as far as they are counted. */
export async function countUntold(executor: Executor, { organizationId, position, to, limit }: UntoldCount): Promise<number> {
  const [row] = await executor.execute<{ count: number }>(sql`
    select count(*)::integer as count from (
      select from changes c, (select ${firstUnseenId(position.snapshot)} as low) bounds
      where c.id > bounds.low and c.id <= bounds.low + ${COUNT_WINDOW}::bigint and c.organization_id = ${organizationId} and ${isUntold(position, to)}
      limit ${limit}
    ) untold`);
  return row?.count ?? 0;
}

function isInView(views: readonly View[]): SQL {
  const kind = viewedKind(views);
  const cases = views.map(({ throughId, snapshot }) => {
    const reaches = throughId === null ? sql`true` : sql`c.object_id collate "C" <= ${throughId}::text`;
    return sql`when ${reaches} then ${isSeenBy(snapshot)}`;
  });
  const isOfKind = kind === null ? sql`true` : sql`starts_with(c.object_id, ${`${kind}_`})`;
  return sql`(${isOfKind} and case ${sql.join(cases, sql` `)} else false end)`;
}

function isSeenBy(snapshot: Snapshot): SQL {
  return sql`pg_visible_in_snapshot(c.transaction, ${snapshotText(snapshot)}::pg_snapshot)`;
}

export interface Retention {
  readonly olderThan: Date;
  readonly rowLimit: number;
  /** About so many rows are deleted at most, since a statement has to end in time. */
  readonly batchLimit: number;
}

/**
 * Deletes whole transactions from the log's beginning: those of which every row is older than `olderThan`, and those beyond the
 * `rowLimit` newest rows. The mark moves in the same statement, to just behind what was deleted: a cursor is too old only when
 * something after it is gone. Run it in a transaction; when another process is at it, nothing happens. Gives the number of rows deleted.
 */
export async function sweepChanges(executor: Executor, { olderThan, rowLimit, batchLimit }: Retention): Promise<number> {
  const [lock] = await executor.execute<{ is_mine: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtext('headend change retention')) as is_mine`,
  );
  if (!lock?.is_mine) return 0;
  const [result] = await executor.execute<{ deleted: string }>(sql`
    with doomed as (
      select least(
        horizon,
        greatest(
          coalesce((select transaction from changes where at >= ${olderThan.toISOString()}::timestamptz order by transaction limit 1), horizon),
          (select ${NEXT_TRANSACTION} from changes order by id desc offset ${rowLimit} limit 1)
        ),
        (select ${NEXT_TRANSACTION} from changes order by transaction offset ${batchLimit} limit 1)
      ) as before
      from (select pg_snapshot_xmin(pg_current_snapshot()) as horizon) present
    ),
    gone as (delete from changes using doomed where changes.transaction < doomed.before returning changes.transaction),
    kept as (
      insert into change_retention (kept_from) select ${NEXT_TRANSACTION} from gone order by transaction desc limit 1
      on conflict (is_only) do update set kept_from = greatest(change_retention.kept_from, excluded.kept_from)
    )
    select count(*)::text as deleted from gone`);
  return Number(result?.deleted ?? 0);
}

type RowOrNone = Record<string, unknown> & {
  readonly id: string | number | null;
  readonly transaction: string;
  readonly organization_id: string;
  readonly object: ChangedObject;
  readonly object_id: string;
  readonly kind: LoggedChangeKind;
  readonly at: string | Date;
  readonly actor: string | null;
  readonly before: unknown;
  readonly after: unknown;
};

/** Rows that are read in one go, a few milliseconds of work: a bulk action makes thousands. */
const SLICE_SIZE = 1_000;

async function toChanges(rows: readonly RowOrNone[]): Promise<LoggedChange[]> {
  const changes: LoggedChange[] = [];
  for (const [index, row] of rows.entries()) {
    changes.push(...toChange(row));
    if (index % SLICE_SIZE === SLICE_SIZE - 1) await setImmediate();
  }
  return changes;
}

function toChange(row: RowOrNone): readonly LoggedChange[] {
  if (row.id === null) return [];
  return [
    {
      id: Number(row.id),
      transaction: BigInt(row.transaction),
      organizationId: row.organization_id,
      object: row.object,
      objectId: row.object_id,
      kind: row.kind,
      at: new Date(row.at),
      actor: row.actor,
      before: fromJson(row.before),
      after: fromJson(row.after),
    },
  ];
}

/** Drizzle leaves JSON of raw statements as text. */
function fromJson(value: unknown): unknown {
  return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}
