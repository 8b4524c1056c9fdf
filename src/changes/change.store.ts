import { sql, type SQL } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import type { ChangedObject, LoggedChangeKind } from "./change.rules.ts";
import { parseSnapshot, snapshotText, type Snapshot } from "./position.ts";

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

export async function readExtent(executor: Executor): Promise<LogExtent> {
  const [row] = await executor.execute<{ log: string; kept_from: string; snapshot: string; own: string | null }>(sql`
    select ${LOG_NAME} as log, ${KEPT_FROM}::text as kept_from, pg_current_snapshot()::text as snapshot,
      pg_current_xact_id_if_assigned()::text as own`);
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
  /** In the order of ids. */
  readonly rows: readonly LoggedChange[];
  /** There were more rows than asked for: the step has to be read in pages. */
  readonly isCut: boolean;
}

/** Reads the step from a snapshot to that of this very statement, at most `limit` rows. */
export async function readStep(executor: Executor, { from, limit }: { readonly from: Snapshot; readonly limit: number }): Promise<LogStep> {
  const found = await executor.execute<RowOrNone & { snapshot: string }>(sql`
    select present.snapshot::text as snapshot, c.*
    from (select pg_current_snapshot() as snapshot) present
    left join lateral (
      select ${COLUMNS} from changes c where ${isUnseenBy(from)} order by c.id limit ${limit + 1}
    ) c on true`);
  const first = found[0];
  if (!first) throw new Error("PostgreSQL gave no row for its own snapshot");
  const rows = found.flatMap(toChange);
  return { from, to: parseSnapshot(first.snapshot), rows, isCut: rows.length > limit };
}

export interface PageOfStep {
  readonly organizationId: string;
  readonly object: ChangedObject;
  readonly from: Snapshot;
  readonly to: Snapshot;
  readonly afterId: number;
  readonly limit: number;
}

/** Reads one organization's rows of a step in the order of ids, and since when the log is whole, in one statement. */
export async function readPage(
  executor: Executor,
  page: PageOfStep,
): Promise<{ readonly keptFrom: bigint; readonly rows: readonly LoggedChange[] }> {
  const { organizationId, object, from, to, afterId, limit } = page;
  const found = await executor.execute<RowOrNone & { kept_from: string }>(sql`
    select retention.kept_from::text as kept_from, c.*
    from (select ${KEPT_FROM} as kept_from) retention
    left join lateral (
      select ${COLUMNS} from changes c
      where ${isUnseenBy(from)} and pg_visible_in_snapshot(c.transaction, ${snapshotText(to)}::pg_snapshot) and c.id > ${afterId}::bigint
        and c.organization_id = ${organizationId} and c.object = ${object}
      order by c.id limit ${limit}
    ) c on true`);
  return { keptFrom: BigInt(found[0]?.kept_from ?? "1"), rows: found.flatMap(toChange) };
}

/** The rows `c` that a snapshot does not see, in a form that the index on transactions serves. */
function isUnseenBy({ xmax, running }: Snapshot): SQL {
  return sql`(c.transaction >= ${xmax.toString()}::xid8 or c.transaction = any(${`{${running.join(",")}}`}::xid8[]))`;
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
