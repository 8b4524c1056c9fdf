import { sql } from "drizzle-orm";
import type { Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { storableText } from "../shared/storable-text.ts";
import type { ProcessActivity } from "./process.rules.ts";
import { processStateJson, type ProcessState, type ProcessStep } from "./process.state.ts";

/** What an encoder tells of one process of a session that it holds. */
export interface ToldActivity extends ProcessActivity {
  readonly processId: string;
  readonly sessionId: string;
  /** Keeps the content. */
  readonly encoderId: string | null;
}

/** Longest reason that is kept, in UTF-16 units. */
const REASON_LENGTH_LIMIT = 500;

/**
 * Writes what processes of locked sessions do, and gives those of which the change log is to be told: activity, health or its reason
 * differ, or there is content for the first time. That a thumbnail was made anew, as every interval has it, is written and told to nobody.
 */
export async function writeActivities(transaction: Transaction, told: readonly ToldActivity[]): Promise<readonly ProcessStep[]> {
  if (told.length === 0) return [];
  const rows = told.map(({ reason, ...rest }) => ({ ...rest, reason: reason === null ? null : storableText(reason, REASON_LENGTH_LIMIT) }));
  const written = await transaction.execute<{ id: string; organization_id: string; before: ProcessState; after: ProcessState }>(sql`
    with told as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as t (
        "processId" text, "sessionId" text, "encoderId" text, "isActive" boolean, health text, reason text,
        "contentVersion" text, "contentType" text, "contentAt" timestamptz)),
    known as (
      select c.id, ${processStateJson} as state,
        (c.is_active, c.health, c.status_reason) is distinct from (t."isActive", t.health, t.reason)
          or (c.content_version is null and t."contentVersion" is not null) as is_told
      from processes c join told t on t."processId" = c.id and t."sessionId" = c.session_id
      where (c.is_active, c.health, c.status_reason) is distinct from (t."isActive", t.health, t.reason)
        or (t."contentVersion" is not null and t."contentVersion" is distinct from c.content_version)),
    written as (
      update processes c set
        is_active = t."isActive", health = t.health, status_reason = t.reason,
        content_version = coalesce(t."contentVersion", c.content_version),
        content_type = case when t."contentVersion" is null then c.content_type else t."contentType" end,
        content_at = case when t."contentVersion" is null then c.content_at else t."contentAt" end,
        content_encoder_id = case when t."contentVersion" is null then c.content_encoder_id else t."encoderId" end
      from told t join known on known.id = t."processId" where c.id = t."processId"
      returning c.id, c.organization_id, ${processStateJson} as after)
    select written.id, written.organization_id, known.state as before, written.after
    from written join known using (id) where known.is_told order by written.id`);
  return written.map(({ id, organization_id: organizationId, before, after }) => ({ id, organizationId, before, after }));
}

/** Locked sessions of which nothing runs any more. */
export interface EndedSessions {
  readonly ids: readonly string[];
  /** Those among them that have stopped or failed, so that nothing of them goes on elsewhere either. */
  readonly overIds: readonly string[];
}

/** Nothing of the processes of these sessions runs any more; those that were removed and only went on until then are gone. */
export async function endProcesses(transaction: Transaction, { ids, overIds }: EndedSessions): Promise<readonly ProcessStep[]> {
  if (ids.length === 0) return [];
  const rows = await transaction.execute<{ id: string; organization_id: string; before: ProcessState; is_gone: boolean }>(sql`
    with ended as (
      select c.id, c.organization_id, ${processStateJson} as before,
        c.is_removed and (
          c.session_id = any(${textList(overIds)}) or not coalesce((c.started_settings ->> 'isEnabled')::boolean, false)) as is_gone
      from processes c
      where c.session_id = any(${textList(ids)}) and (c.is_active or c.health <> 'OK' or c.status_reason is not null or c.is_removed)),
    gone as (delete from processes c using ended where c.id = ended.id and ended.is_gone),
    still as (
      update processes c set is_active = false, health = 'OK', status_reason = null
      from ended where c.id = ended.id and not ended.is_gone)
    select * from ended order by id`);
  return rows.map(({ id, organization_id: organizationId, before, is_gone: isGone }) => ({
    id,
    organizationId,
    before,
    after: isGone ? null : { ...before, isActive: false, health: "OK" },
  }));
}
