import { sql, type SQL } from "drizzle-orm";
import type { Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { newIdentifier } from "../shared/identifier.ts";

/**
 * Runs are kept by the very statements that move their sessions on: opened with each new generation, and ended with the next one or by
 * the status that ends it. These are the parts of those statements; each is a common table expression's body.
 */
export interface RunChange {
  /** The common table expression of the sessions that begin a generation: `id`, `organization_id`, `name` and `generation`. */
  readonly from: SQL;
  readonly at: Date;
  /** Who asked for it, as an expression. */
  readonly actor: SQL;
}

/** Opens a run for each of the sessions; `ids` are all that may be among them. */
export function openRuns({ from, at, actor }: RunChange, ids: readonly string[]): SQL {
  const runIds = ids.map(() => newIdentifier("run"));
  return sql`
    insert into runs (id, organization_id, session_id, session_name, generation, started_at, started_by)
    select item.run_id, begun.organization_id, begun.id, begun.name, begun.generation, ${moment(at)}, ${actor}
    from ${from} begun join unnest(${textList(ids)}, ${textList(runIds)}) as item (session_id, run_id) on item.session_id = begun.id`;
}

/** Ends the runs before these: a statement does not see what it opens itself. */
export function endRunsBefore({ from, at, actor }: RunChange): SQL {
  return sql`
    update runs set ended_at = greatest(${moment(at)}, runs.started_at), stopped_by = ${actor}, end_reason = ${RESTARTED}
    from ${from} begun where runs.session_id = begun.id and runs.ended_at is null`;
}

/** Notes who asked for the end of runs that go on until their sessions are stopped. */
export function noteStop(from: SQL, actor: string): SQL {
  return sql`update runs set stopped_by = ${actor} where session_id in (select id from ${from}) and ended_at is null`;
}

const RESTARTED = "Restarted.";

/** A session that has stopped or failed. */
export interface RunEnd {
  readonly sessionId: string;
  /** ISO text. */
  readonly at: string;
  /** One sentence. */
  readonly reason: string;
}

/** Ends the runs of sessions whose rows this transaction has locked; who asked for it was noted before. */
export async function endRuns(transaction: Transaction, ends: readonly RunEnd[]): Promise<void> {
  if (ends.length === 0) return;
  await transaction.execute(sql`
    update runs set ended_at = greatest(w.at, runs.started_at), end_reason = w.reason
    from jsonb_to_recordset(${JSON.stringify(ends)}::text::jsonb) as w ("sessionId" text, at timestamptz, reason text)
    where runs.session_id = w."sessionId" and runs.ended_at is null`);
}

function moment(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}
