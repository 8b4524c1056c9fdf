import { sql, type SQL } from "drizzle-orm";
import type { Context } from "../access/context.ts";
import type { Executor } from "../database/database.ts";
import type { SessionFilter } from "../sessions/session.filter.ts";
import { sessionFilterCondition } from "../sessions/session.filter.store.ts";
import { ladderJson } from "../sessions/pending-changes.store.ts";
import { sessions } from "../sessions/session.table.ts";
import { selectStoredLines } from "../sessions/stored-session.store.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import type { CsvFacts } from "./csv.rules.ts";
import { positionOfStoredLine } from "../sessions/stored-session.ts";
import { toCsvFacts, type JobFacts } from "./import-job.ts";

/** Which sessions an export holds. */
export interface CsvSelection {
  readonly organizationId: string;
  readonly filter: SessionFilter;
}

/** One part of an export without end. */
export interface CsvPage {
  readonly limit: number;
  /** Where the page before ended; null for the first one. */
  readonly after: CsvPosition | null;
}

/** A whole export; of more sessions than this, any so many and one more are read, which tells that there are more. */
export interface CsvWhole {
  readonly atMost: number;
}

/** A place in the order of exports: the order of a session's name, and its id. */
export type CsvPosition = readonly [nameOrder: string, id: string];

export interface SelectedLines {
  /** One for each playback, and one for a session without any. */
  readonly lines: readonly string[];
  /** Of the last session; null when there is none. */
  readonly end: CsvPosition | null;
}

/** The selected sessions in the order of their names, one statement whatever their number, for `readStoredLines`. */
export async function selectCsvLines(
  executor: Executor,
  selection: CsvSelection & { readonly withSecrets: boolean },
  part: CsvPage | CsvWhole,
): Promise<SelectedLines> {
  const lines = await selectStoredLines(executor, chosenSessions(selection, part), selection.withSecrets);
  const last = lines.at(-1);
  return { lines, end: last === undefined ? null : positionOfStoredLine(last) };
}

/** The selected sessions as a table for a FROM clause. */
export function chosenSessions({ organizationId, filter }: CsvSelection, part: CsvPage | CsvWhole): SQL {
  const condition = sessionFilterCondition(organizationId, filter);
  if ("atMost" in part) return sql`(select * from sessions where ${condition} limit ${part.atMost + 1})`;
  const after = part.after ? sql`and (${sessions.nameOrder}, ${sessions.id}) > (${part.after[0]}, ${part.after[1]})` : sql``;
  return sql`(
    select * from sessions where ${condition} ${after} order by ${sessions.nameOrder}, ${sessions.id} limit ${part.limit})`;
}

/** What rows of this organization are checked against, its templates read without holding them. */
export async function selectJobFacts(context: Context, region: string): Promise<JobFacts> {
  const templates = await context.database.executor.execute<TemplateFacts & Record<string, unknown>>(sql`
    select t.id, t.name, t.name_key as "nameKey", t.is_default as "isDefault", t.version, ${ladderJson} as renditions
    from templates t where t.organization_id = ${context.actor.organizationId} order by t.id`);
  return {
    templates: [...templates],
    defaultTemplateId: templates.find((template) => template.isDefault)?.id ?? null,
    defaultRegion: context.defaultRegion,
    network: context.network,
    region,
  };
}

/** The same for the checks of an export. */
export async function selectCsvFacts(context: Context): Promise<CsvFacts> {
  return toCsvFacts(await selectJobFacts(context, context.defaultRegion));
}
