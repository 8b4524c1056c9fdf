import { sql, type SQL } from "drizzle-orm";

/** What an operator has set of the process `c`, as JSON in the shape of `ProcessSettings`. */
export const settingsJson: SQL = sql`jsonb_build_object(
  'isEnabled', c.is_enabled, 'intervalSeconds', c.interval_seconds, 'durationSeconds', c.duration_seconds)`;

/** Whether the process `c` waits for a restart of its session, which is under way; the rule of `pendingSettings` in SQL. */
export const isProcessPending: SQL = sql`(case
  when not coalesce((c.started_settings ->> 'isEnabled')::boolean, false) and (c.is_removed or not c.is_enabled) then false
  else c.is_removed or c.started_settings is distinct from ${settingsJson} end)`;

/**
 * Keeps the settings of processes as they are now, for what begins to run: those that were removed meanwhile as not enabled. Part of
 * the very statement that begins a generation: the body of a common table expression. `from`: that of the sessions which begin one, with
 * `id` and `generation`.
 */
export function takeSettings(from: SQL): SQL {
  return sql`
    update processes c set
      started_generation = begun.generation,
      started_settings = ${settingsJson} || jsonb_build_object('isEnabled', c.is_enabled and not c.is_removed)
    from ${from} begun where c.session_id = begun.id`;
}
