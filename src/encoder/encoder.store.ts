import { sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import type { DesiredStatus } from "../sessions/session.rules.ts";
import { EncoderStatus, type IngestAddresses, type SupportedTypes, type OnlineEncoder } from "./encoder.rules.ts";
import { encoders } from "./encoder.table.ts";
import { canRun, controlsJson, takesSessions } from "./lease.store.ts";
import type { SessionControls } from "./runner.ts";
import { textList } from "../database/text-list.ts";

/** Every encoder that takes sessions now, of all regions, with what it can run. */
export async function listOnlineEncoders(executor: Executor): Promise<readonly OnlineEncoder[]> {
  return executor
    .select({
      id: encoders.id,
      name: encoders.name,
      region: encoders.region,
      supportedInputs: encoders.supportedInputs,
      supportedOutputs: encoders.supportedOutputs,
      supportedVideoCodecs: encoders.supportedVideoCodecs,
      supportedAudioCodecs: encoders.supportedAudioCodecs,
      missing: encoders.missing,
    })
    .from(encoders)
    .where(takesSessions(sql`${encoders}`))
    .orderBy(encoders.id);
}

/** An agent as it registers. */
export interface EncoderRegistration {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly isSimulated: boolean;
  /** An HTTP base address without a slash at its end; null when it serves no media. */
  readonly mediaAddress: string | null;
  readonly ingestAddresses: IngestAddresses;
  readonly capacity: number;
  readonly capabilities: SupportedTypes;
  readonly version: string;
}

/** One life of an encoder: whoever registers the same encoder later makes this one void. */
export interface EncoderLife {
  readonly encoderId: string;
  /** When it began, as the database wrote it; no two lives of an encoder have the same. */
  readonly startedAt: string;
}

/** Makes the encoder known, or known again, and begins a new life of it. */
export async function registerEncoder(transaction: Transaction, registration: EncoderRegistration): Promise<EncoderLife> {
  const { id, name, region, isSimulated, mediaAddress, ingestAddresses, capacity, capabilities, version } = registration;
  const [row] = await transaction.execute<{ started_at: string }>(sql`
    insert into encoders (
      id, name, region, status, is_simulated, media_address, capacity, supported_inputs, supported_outputs, supported_video_codecs,
      supported_audio_codecs, missing, version, ingest_addresses, started_at, last_seen_at)
    values (
      ${id}, ${name}, ${region}, ${EncoderStatus.ONLINE}, ${isSimulated}, ${mediaAddress}, ${capacity},
      ${textList(capabilities.supportedInputs)}, ${textList(capabilities.supportedOutputs)},
      ${textList(capabilities.supportedVideoCodecs)}, ${textList(capabilities.supportedAudioCodecs)}, ${textList(capabilities.missing)},
      ${version}, ${JSON.stringify(ingestAddresses)}::text::jsonb, clock_timestamp(), clock_timestamp())
    on conflict (id) do update set
      name = excluded.name, region = excluded.region, status = excluded.status, is_simulated = excluded.is_simulated,
      media_address = excluded.media_address, capacity = excluded.capacity, supported_inputs = excluded.supported_inputs,
      supported_outputs = excluded.supported_outputs, supported_video_codecs = excluded.supported_video_codecs,
      supported_audio_codecs = excluded.supported_audio_codecs, missing = excluded.missing, version = excluded.version,
      ingest_addresses = excluded.ingest_addresses,
      started_at = greatest(excluded.started_at, encoders.started_at + interval '1 millisecond'), last_seen_at = excluded.last_seen_at
    returning to_json(started_at) #>> '{}' as started_at`);
  return { encoderId: id, startedAt: row?.started_at ?? "" };
}

/** What is wanted of a session that the encoder holds. */
export interface HeldSession {
  readonly id: string;
  readonly epoch: number;
  readonly generation: number;
  readonly desiredStatus: DesiredStatus;
  readonly controls: SessionControls;
}

/** The answer to a heartbeat; `isCurrent` is false when another life of the encoder has begun. */
export interface Heartbeat {
  readonly isCurrent: boolean;
  readonly held: readonly HeldSession[];
}

/**
 * Says that the encoder lives, which renews the leases of all its sessions, and reads what is wanted of them: one statement for any number.
 * The reaper judges by the encoder's own row. When a session was last seen is noted every other beat, and where a verb has locked its
 * row at the next one, so that no heartbeat ever waits for a verb.
 */
export async function beat(
  executor: Executor,
  life: EncoderLife,
  { status, isStorageLow }: { readonly status: EncoderStatus; readonly isStorageLow: boolean },
): Promise<Heartbeat> {
  const [row] = await executor.execute<{
    is_current: boolean;
    held: readonly [string, number, number, DesiredStatus, SessionControls][];
  }>(sql`
    with beat as (
      update encoders set last_seen_at = clock_timestamp(), status = ${status}, is_storage_low = ${isStorageLow}
      where id = ${life.encoderId} and started_at = ${life.startedAt}::timestamptz
      returning id),
    due as (
      select s.id from beat join sessions s on s.encoder_id = beat.id
      where s.last_seen_at is null or s.last_seen_at < now() - interval '1500 milliseconds'
      order by s.id for update of s skip locked),
    seen as (
      update sessions s set last_seen_at = now() from due where s.id = due.id)
    select
      exists (select from beat) as is_current,
      coalesce((
        select jsonb_agg(jsonb_build_array(s.id, s.epoch, s.generation, s.desired_status, ${controlsJson}))
        from sessions s where s.encoder_id = ${life.encoderId}), '[]'::jsonb) as held`);
  return {
    isCurrent: row?.is_current ?? false,
    held: (row?.held ?? []).map(([id, epoch, generation, desiredStatus, controls]) => ({ id, epoch, generation, desiredStatus, controls })),
  };
}

/**
 * Takes sessions of the encoder's region that wait for one, the longest waiting first, if it can run them, at most `limit`.
 * Agents that claim at the same time skip each other's rows.
 */
export async function claimSessions(executor: Executor, life: EncoderLife, limit: number): Promise<readonly HeldSession[]> {
  const rows = await executor.execute<{ claimed: HeldSession }>(sql`
    with candidates as (
      select s.id, e.id as encoder_id
      from encoders e join sessions s on s.region = e.region
      where e.id = ${life.encoderId} and e.started_at = ${life.startedAt}::timestamptz and ${takesSessions(sql`e`)}
        and s.encoder_id is null and s.status = 'STARTING' and s.desired_status = 'RUNNING' and ${canRun}
      order by s.status_changed_at, s.id
      limit ${limit}
      for update of s skip locked)
    update sessions s set
      encoder_id = c.encoder_id, epoch = s.epoch + 1, last_seen_at = now()
    from candidates c where s.id = c.id
    returning jsonb_build_object('id', s.id, 'epoch', s.epoch, 'generation', s.generation, 'desiredStatus', s.desired_status,
      'controls', ${controlsJson}) as claimed`);
  return rows.map((row) => row.claimed);
}

/** Says that the encoder has ended on purpose and holds nothing any more. */
export async function signOff(executor: Executor, life: EncoderLife): Promise<void> {
  await executor.execute(sql`
    update encoders set status = ${EncoderStatus.LOST}
    where id = ${life.encoderId} and started_at = ${life.startedAt}::timestamptz`);
}
