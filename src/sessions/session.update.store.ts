import { sql, type SQL } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import { columnOf, rowsAs, type ColumnTypes } from "../database/row-set.ts";
import { textList } from "../database/text-list.ts";
import { removeProcessesOfPlaybacks, removeStrayProcesses } from "../processes/remove-stray-processes.ts";
import { logSessionRows } from "./session.changes.ts";
import { insertPlaybackRows, insertSecretRows } from "./session.insert.ts";
import { SECRET_COLUMNS } from "./session.rows.ts";
import type { Verb } from "./session.rules.ts";
import { PLAYBACK_UPDATE_COLUMNS, REPLACED_SECRET_COLUMNS, SESSION_UPDATE_COLUMNS, type UpdateRows } from "./session.update-rows.ts";

/** Writes edits of locked sessions, one statement for each table and part however many there are. */
export async function updateSessionRows(context: TransactionContext, parts: readonly UpdateRows[], verb: Verb): Promise<void> {
  await freeNames(
    context,
    parts.flatMap(({ renamedIds }) => renamedIds),
  );
  for (const rows of parts) if (rows.sessions.count > 0) await updatePart(context, rows, verb);
}

async function updatePart(context: TransactionContext, rows: UpdateRows, verb: Verb): Promise<void> {
  const { transaction, actor, clock } = context;
  const now = sql`${clock.now().toISOString()}::timestamptz`;
  await transaction.execute(sql`
    update sessions s set ${assignments(SESSION_UPDATE_COLUMNS)}, version = s.version + 1, updated_at = ${now},
      last_command_verb = ${verb}, last_command_actor = ${actor.name}, last_command_at = ${now}
    from ${rowsAs("r", SESSION_UPDATE_COLUMNS, rows.sessions)} where s.id = r.id and s.organization_id = ${actor.organizationId}`);
  await writePlaybackUpdates(context, rows);
  // Another template has other renditions.
  await removeStrayProcesses(context, sql`${rows.sessions.texts["id"] ?? "{}"}::text::text[]`);
  // One that is replaced keeps its id; only what is no longer there goes.
  await insertSecretRows(transaction, rows.secrets);
  await transaction.execute(sql`
    delete from secrets x using ${rowsAs("r", REPLACED_SECRET_COLUMNS, rows.replacedSecrets)}
    where x.session_id = r.session_id and x.kind = r.kind and not exists (
      select from ${rowsAs("n", SECRET_COLUMNS, rows.secrets)}
      where n.session_id = x.session_id and n.kind = x.kind and n.playback_id is not distinct from x.playback_id and n.position::integer = x.position)`);
  await logSessionRows(context, "UPDATED", rows.changes);
}

/** Several that take each other's names would meet on the way, since names are unique at every moment. No name has such a key. */
async function freeNames({ transaction }: TransactionContext, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await transaction.execute(sql`update sessions set name_key = e'\\x01' || id where id = any(${textList(ids)})`);
}

async function writePlaybackUpdates(context: TransactionContext, rows: UpdateRows): Promise<void> {
  const { transaction } = context;
  if (rows.removedPlaybackIds.length > 0) {
    await removeProcessesOfPlaybacks(context, rows.removedPlaybackIds);
    await transaction.execute(sql`delete from playbacks where id = any(${textList(rows.removedPlaybackIds)})`);
  }
  await transaction.execute(sql`
    update playbacks p set ${assignments(PLAYBACK_UPDATE_COLUMNS)}
    from ${rowsAs("r", PLAYBACK_UPDATE_COLUMNS, rows.playbacks)} where p.id = r.id`);
  await insertPlaybackRows(transaction, rows.newPlaybacks);
}

function assignments(types: ColumnTypes): SQL {
  const columns = Object.entries(types).filter(([name]) => name !== "id");
  return sql.join(
    columns.map(([name, type]) => sql`${sql.raw(name)} = ${columnOf("r", name, type)}`),
    sql`, `,
  );
}
