import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import type { AssetReport } from "./asset-teller.ts";

/** A clip that this encoder is to make. */
export interface ClipOrder {
  /** What is to be told of it, as it was asked for. */
  readonly report: AssetReport;
  /** Whose files are in the directory of that name, or in the folder of that name of the object store. */
  readonly replayId: string;
  readonly isReplayStored: boolean;
  readonly cueInSeconds: number;
  readonly cueOutSeconds: number;
  readonly isFrameAccurate: boolean;
  /** How often its making was begun before. */
  readonly attempts: number;
}

/** More are read once these are made. */
const ORDERS_LIMIT = 500;

/** Clips that the encoder has not made, the oldest first. */
export async function readClipOrders(executor: Executor, encoderId: string): Promise<readonly ClipOrder[]> {
  const rows = await executor.execute<{ clip: ClipOrder }>(sql`
    select jsonb_build_object(
      'report', jsonb_build_object(
        'id', a.id, 'organizationId', a.organization_id, 'sessionId', coalesce(a.session_id, ''), 'runId', a.run_id, 'processId', null,
        'kind', a.kind, 'playbackName', a.playback_name, 'renditionName', a.rendition_name, 'fileName', a.file_name,
        'contentType', a.content_type, 'status', a.status, 'reason', null, 'bytes', null, 'durationSeconds', null, 'droppedSeconds', 0, 'waitsForRoom', false,
        'createdAt', a.created_at),
      'replayId', c.replay_id, 'isReplayStored', r.location is not distinct from 'OBJECT_STORE',
      'cueInSeconds', c.cue_in_seconds, 'cueOutSeconds', c.cue_out_seconds,
      'isFrameAccurate', c.is_frame_accurate, 'attempts', c.attempts) as clip
    from clips c join assets a on a.id = c.asset_id left join assets r on r.id = c.replay_id and r.deleted_at is null
    where a.encoder_id = ${encoderId} and a.kind = 'CLIP' and a.status = 'IN_PROGRESS' and a.deleted_at is null
    order by a.id limit ${ORDERS_LIMIT}`);
  return rows.map(({ clip }) => clip);
}

/** Another attempt at making a clip begins; written down first, so that what kills its encoder each time is not tried for ever. */
export async function noteClipAttempt(executor: Executor, id: string): Promise<void> {
  await executor.execute(sql`update clips set attempts = attempts + 1 where asset_id = ${id}`);
}
