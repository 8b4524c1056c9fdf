import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";

/** What the whole installation looks like from the database, over all organizations. */
export interface InstallationFigures {
  readonly sessions: Readonly<Record<string, number>>;
  readonly encoders: readonly { readonly status: string; readonly isSimulated: boolean; readonly count: number }[];
  /** Open ones, by severity. */
  readonly alerts: Readonly<Record<string, number>>;
  /** Assets whose move to the object store was begun and has not come to its end. */
  readonly uploads: { readonly count: number; readonly oldestSeconds: number };
  /** Deliveries to enabled webhooks that were not taken yet. */
  readonly deliveries: { readonly count: number; readonly oldestSeconds: number };
  /** Age of the oldest transaction of the cluster that writes and has not ended, in seconds; 0 when there is none. */
  readonly horizonAgeSeconds: number;
  /** Transactions begun since then, of which none can be swept from the log. */
  readonly horizonTransactions: number;
}

/** Reads all of it in one statement. */
export async function readInstallationFigures(executor: Executor): Promise<InstallationFigures> {
  const [row] = await executor.execute<{
    sessions: Record<string, number>;
    encoders: [string, boolean, number][];
    alerts: Record<string, number>;
    uploads: { count: number; oldestSeconds: number };
    deliveries: { count: number; oldestSeconds: number };
    age: number;
    transactions: string;
  }>(sql`
    select
      (select coalesce(jsonb_object_agg(status, count), '{}'::jsonb)
        from (select s.status, count(*) as count from sessions s group by s.status) counted) as sessions,
      (select coalesce(jsonb_agg(jsonb_build_array(status, is_simulated, count)), '[]'::jsonb)
        from (select e.status, e.is_simulated, count(*) as count from encoders e group by e.status, e.is_simulated) counted) as encoders,
      (select coalesce(jsonb_object_agg(severity, count), '{}'::jsonb)
        from (select a.severity, count(*) as count from alerts a where a.ended_at is null group by a.severity) counted) as alerts,
      (select jsonb_build_object('count', count(*), 'oldestSeconds', coalesce(extract(epoch from now() - min(s.begun_at)), 0))
        from stored_assets s where not s.is_complete) as uploads,
      (select jsonb_build_object('count', count(*), 'oldestSeconds', coalesce(extract(epoch from now() - min(d.created_at)), 0))
        from webhooks w join webhook_deliveries d on d.webhook_id = w.id and d.status in ('PENDING', 'RETRYING')
        where w.is_enabled and w.deleted_at is null) as deliveries,
      (select coalesce(max(extract(epoch from clock_timestamp() - began)), 0)::float8 from (
        select xact_start as began from pg_stat_activity where backend_xid is not null
        union all select prepared from pg_prepared_xacts) writers) as age,
      (pg_snapshot_xmax(present.snapshot)::text::numeric - pg_snapshot_xmin(present.snapshot)::text::numeric)::text as transactions
    from (select pg_current_snapshot() as snapshot) present`);
  if (!row) throw new Error("PostgreSQL gave no row of figures");
  return {
    sessions: row.sessions,
    encoders: row.encoders.map(([status, isSimulated, count]) => ({ status, isSimulated, count })),
    alerts: row.alerts,
    uploads: row.uploads,
    deliveries: row.deliveries,
    horizonAgeSeconds: Math.max(0, Number(row.age)),
    horizonTransactions: Number(row.transactions),
  };
}
