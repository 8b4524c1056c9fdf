import { sql, type SQL } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import { columnOf, rowsAs, type ColumnTypes } from "../database/row-set.ts";
import { removeStrayProcesses } from "../processes/remove-stray-processes.ts";
import { logSessionRows } from "../sessions/session.changes.ts";
import { insertSecretRows } from "../sessions/session.insert.ts";
import type { Verb } from "../sessions/session.rules.ts";
import { PLAYBACK_UPDATE_COLUMNS, REMOVED_SECRET_COLUMNS, SESSION_UPDATE_COLUMNS, type UpdateRows } from "./csv.update-rows.ts";

/** Writes edits of locked sessions, one statement for each table however many there are. */
export async function updateSessionRows(context: TransactionContext, rows: UpdateRows, verb: Verb): Promise<void> {
  if (rows.sessions.count === 0) return;
  const { transaction, actor, clock } = context;
  const now = sql`${clock.now().toISOString()}::timestamptz`;
  await transaction.execute(sql`
    update sessions s set ${assignments(SESSION_UPDATE_COLUMNS)}, version = s.version + 1, updated_at = ${now},
      last_command_verb = ${verb}, last_command_actor = ${actor.name}, last_command_at = ${now}
    from ${rowsAs("r", SESSION_UPDATE_COLUMNS, rows.sessions)} where s.id = r.id and s.organization_id = ${actor.organizationId}`);
  await transaction.execute(sql`
    update playbacks p set ${assignments(PLAYBACK_UPDATE_COLUMNS)}
    from ${rowsAs("r", PLAYBACK_UPDATE_COLUMNS, rows.playbacks)} where p.id = r.id`);
  // Another template has other renditions.
  await removeStrayProcesses(context, sql`${rows.sessions.texts["id"] ?? "{}"}::text::text[]`);
  await transaction.execute(sql`
    delete from secrets x using ${rowsAs("r", REMOVED_SECRET_COLUMNS, rows.removedSecrets)}
    where x.session_id = r.session_id and x.kind = r.kind`);
  await insertSecretRows(transaction, rows.secrets);
  await logSessionRows(context, "UPDATED", rows.changes);
}

function assignments(types: ColumnTypes): SQL {
  const columns = Object.entries(types).filter(([name]) => name !== "id");
  return sql.join(
    columns.map(([name, type]) => sql`${sql.raw(name)} = ${columnOf("r", name, type)}`),
    sql`, `,
  );
}
