import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import type { IngestAddresses } from "../encoder/encoder.rules.ts";
import type { InputType } from "./session.rules.ts";

/** Where a session's sender would push to. */
export interface IngestReading {
  readonly sessionId: string;
  readonly inputType: InputType;
  readonly addresses: IngestAddresses;
}

/**
 * The ingest addresses of pushed sessions: of the encoder that holds it, else of one of its region that takes such a push, always the
 * same one while it is online: the first by id; where none is online, the one seen last. Sessions of which no encoder is known are left
 * out. One of an event takes any push.
 */
export async function readIngestAddresses(
  executor: Executor,
  organizationId: string,
  sessionIds: readonly string[],
): Promise<readonly IngestReading[]> {
  const rows = await executor.execute<{ reading: IngestReading }>(sql`
    select jsonb_build_object('sessionId', s.id, 'inputType', s.input_type, 'addresses', chosen.ingest_addresses) as reading
    from sessions s cross join lateral (
      select e.ingest_addresses from encoders e
      where case when s.encoder_id is null then e.region = s.region else e.id = s.encoder_id end
        and e.ingest_addresses ?| case
          when s.event_id is not null then array['rtmp', 'rtmps', 'srt']
          when s.input_type = 'SRT_PUSH' then array['srt'] else array['rtmp', 'rtmps'] end
      order by e.status = 'ONLINE' desc, case when e.status = 'ONLINE' then null else e.last_seen_at end desc, e.id
      limit 1) chosen
    where s.organization_id = ${organizationId} and s.id = any(${textList(sessionIds)}) and s.input_type in ('SRT_PUSH', 'RTMP_PUSH')`);
  return rows.map((row) => row.reading);
}
