import { sql, type SQL } from "drizzle-orm";

/** What an operator has set of the process `c`, as JSON in the shape of `ProcessSettings`. */
export const settingsJson: SQL = sql`jsonb_build_object(
  'isEnabled', c.is_enabled, 'intervalSeconds', c.interval_seconds, 'durationSeconds', c.duration_seconds)`;

/**
 * Keeps the settings of processes as they are now, for what begins to run. Part of the very statement that begins a generation: the
 * body of a common table expression. `from`: that of the sessions which begin one, with `id` and `generation`.
 */
export function takeSettings(from: SQL): SQL {
  return sql`
    update processes c set started_generation = begun.generation, started_settings = ${settingsJson}
    from ${from} begun where c.session_id = begun.id`;
}
