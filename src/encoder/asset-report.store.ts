import { sql } from "drizzle-orm";
import { appendChanges } from "../changes/append-changes.ts";
import type { Database, Transaction } from "../database/database.ts";
import { assetChanges, assetStateJson, type AssetState, type AssetStep } from "../assets/asset.state.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { storableText } from "../shared/storable-text.ts";
import { textList } from "../database/text-list.ts";
import type { AssetReport } from "./asset-teller.ts";
import { writeInHalves } from "./write-in-halves.ts";

/** Longest reason and name that are kept, in UTF-16 units. */
const TEXT_LENGTH_LIMIT = 500;

export interface AssetWriting {
  readonly database: Pick<Database, "transaction">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly encoderId: string;
}

/** What became of reports. */
export interface WrittenAssets {
  /** These are written, or will never be. */
  readonly done: readonly AssetReport[];
  readonly hasChanged: boolean;
}

/**
 * Writes what an encoder tells of its assets, and a change for each that is new or of another status: two statements and the changes'
 * whatever the number. What another encoder made, what is READY already, and what was deleted stays as it is.
 */
export async function writeAssetReports(writing: AssetWriting, reports: readonly AssetReport[]): Promise<WrittenAssets> {
  const { database, log } = writing;
  const done: AssetReport[] = [];
  let hasChanged = false;
  const known = reports.filter(({ id, runId }) => isIdentifier("asset", id) && isIdentifier("run", runId));
  done.push(...reports.filter((report) => !known.includes(report)));
  await writeInHalves(known, {
    async write(items) {
      const steps = await database.transaction("report assets", (transaction) => writeTogether(transaction, writing, items));
      done.push(...items);
      hasChanged ||= steps.length > 0;
    },
    onRefused(item, error) {
      log.error({ err: error, assetId: item.id }, "the database refuses what an encoder reports of an asset; it is dropped");
      done.push(item);
    },
  });
  return { done, hasChanged };
}

async function writeTogether(
  transaction: Transaction,
  { clock, encoderId }: Pick<AssetWriting, "clock" | "encoderId">,
  reports: readonly AssetReport[],
): Promise<readonly AssetStep[]> {
  const before = await lockAssets(transaction, reports);
  const rows = await transaction.execute<{ id: string; organization_id: string; state: AssetState }>(sql`
    with told as (
      select * from jsonb_to_recordset(${JSON.stringify(reports.map(storable))}::text::jsonb) as t (
        id text, "organizationId" text, "sessionId" text, "runId" text, "processId" text, kind text, "playbackName" text,
        "renditionName" text, "fileName" text, "contentType" text, status text, reason text, bytes bigint,
        "durationSeconds" double precision, "droppedSeconds" double precision, "captionsFileName" text, "waitsForRoom" boolean, "createdAt" timestamptz)),
    -- Held, so that none of them goes between this look and the row that names it.
    held_runs as (
      select r.id, r.organization_id from runs r where r.id in (select "runId" from told) for key share),
    held_sessions as (
      select s.id from sessions s where s.id in (select "sessionId" from told) for key share),
    held_processes as (
      select c.id from processes c where c.id in (select "processId" from told) for key share)
    insert into assets as a (
      id, organization_id, kind, status, status_reason, session_id, process_id, run_id, playback_name, rendition_name, encoder_id,
      file_name, content_type, bytes, duration_seconds, dropped_seconds, captions_file_name, waits_for_room, created_at)
    select t.id, r.organization_id, t.kind, t.status, t.reason, s.id, c.id, r.id, t."playbackName", t."renditionName", ${encoderId},
      t."fileName", t."contentType", t.bytes, t."durationSeconds", t."droppedSeconds", t."captionsFileName", t."waitsForRoom", t."createdAt"
    from told t
    join held_runs r on r.id = t."runId" and r.organization_id = t."organizationId"
    left join held_sessions s on s.id = t."sessionId"
    left join held_processes c on c.id = t."processId"
    -- The row of a clip is there before it is made: without one it was deleted.
    where t.kind <> 'CLIP' or exists (select from assets c where c.id = t.id)
    order by t.id
    on conflict (id) do update set
      status = excluded.status, status_reason = excluded.status_reason, file_name = excluded.file_name,
      content_type = excluded.content_type, bytes = excluded.bytes, duration_seconds = excluded.duration_seconds,
      dropped_seconds = excluded.dropped_seconds, captions_file_name = excluded.captions_file_name,
      waits_for_room = excluded.waits_for_room
    where a.encoder_id = excluded.encoder_id and a.status <> 'READY' and a.deleted_at is null
    returning a.id, a.organization_id, ${assetStateJson} as state`);
  const steps = rows.flatMap(({ id, organization_id: organizationId, state }): AssetStep[] => {
    const was = before.get(id) ?? null;
    // That it grows is worth no change.
    return was?.status === state.status ? [] : [{ id, organizationId, before: was, after: state }];
  });
  await appendChanges(transaction, assetChanges(steps, { at: clock.now(), actor: null }));
  return steps;
}

async function lockAssets(transaction: Transaction, reports: readonly AssetReport[]): Promise<ReadonlyMap<string, AssetState>> {
  const rows = await transaction.execute<{ id: string; state: AssetState }>(sql`
    select a.id, ${assetStateJson} as state from assets a
    where a.id = any(${textList(reports.map(({ id }) => id))}) order by a.id for update`);
  return new Map(rows.map(({ id, state }) => [id, state]));
}

function storable(report: AssetReport): AssetReport {
  const stored = (text: string | null): string | null => (text === null ? null : storableText(text, TEXT_LENGTH_LIMIT));
  const { reason, playbackName, renditionName } = report;
  return { ...report, reason: stored(reason), playbackName: stored(playbackName), renditionName: stored(renditionName) };
}
