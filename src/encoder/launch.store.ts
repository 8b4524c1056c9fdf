import { sql } from "drizzle-orm";
import type { Transaction } from "../database/database.ts";
import type { OutputType } from "../playbacks/playback.rules.ts";
import type { FileFormat } from "../playbacks/playback.rules.ts";
import type { SecretKind } from "../sessions/secret.rules.ts";
import type { InputType, RemapRule } from "../sessions/session.rules.ts";
import type { RenditionSettings } from "../templates/template.rules.ts";
import { textList } from "../database/text-list.ts";
import { launchedProcessesJson } from "./launched-processes.store.ts";
import { controlsJson } from "./lease.store.ts";
import type { ProcessLaunch, SessionControls, SlateSettings } from "./runner.ts";

/** Everything stored about a session that an encoder needs, secrets still sealed. */
export interface StoredLaunch {
  readonly organizationId: string;
  readonly sessionId: string;
  readonly epoch: number;
  readonly generation: number;
  readonly runId: string | null;
  readonly name: string;
  readonly labels: readonly string[];
  readonly inputType: InputType;
  readonly urlA: string | null;
  readonly urlB: string | null;
  readonly hlsScte35PassthroughEnabled: boolean;
  readonly recoveryIntervalSeconds: number | null;
  readonly errorThresholdPercent: number | null;
  readonly streamRemap: readonly RemapRule[];
  readonly slate: SlateSettings;
  readonly controls: SessionControls;
  readonly outputs: readonly StoredOutput[];
  readonly processes: readonly ProcessLaunch[];
  readonly secrets: readonly StoredSecret[];
}

export interface StoredOutput {
  readonly playbackId: string;
  readonly name: string;
  readonly type: OutputType;
  readonly urls: readonly string[];
  readonly hlsEnabled: boolean;
  readonly dashEnabled: boolean;
  readonly fileFormat: FileFormat | null;
  readonly maxFileDurationSeconds: number | null;
  readonly serviceProvider: string | null;
  readonly programNumber: number | null;
  readonly pathToken: string;
  readonly renditions: readonly RenditionSettings[];
}

export interface StoredSecret {
  readonly playbackId: string | null;
  readonly kind: SecretKind;
  readonly position: number;
  /** Base64. */
  readonly ciphertext: string;
}

/** Reads the whole specification of sessions in one statement, the longest waiting first. */
export async function readLaunches(transaction: Transaction, sessionIds: readonly string[]): Promise<readonly StoredLaunch[]> {
  if (sessionIds.length === 0) return [];
  const rows = await transaction.execute<{ launch: StoredLaunch }>(sql`
    select jsonb_build_object(
      'organizationId', s.organization_id, 'sessionId', s.id, 'epoch', s.epoch, 'generation', s.generation,
      'runId', r.id, 'name', s.name, 'labels', s.labels, 'inputType', s.input_type,
      'urlA', s.url_a, 'urlB', s.url_b, 'hlsScte35PassthroughEnabled', s.hls_scte35_passthrough_enabled,
      'recoveryIntervalSeconds', s.recovery_interval_seconds, 'errorThresholdPercent', s.error_threshold_percent,
      'streamRemap', s.stream_remap, 'slate', jsonb_build_object('isShownOnLoss', s.slates_enabled, 'imageId', s.slate_image_id),
      'controls', ${controlsJson},
      'outputs', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'playbackId', p.id, 'name', p.name, 'type', p.type, 'urls', p.urls, 'hlsEnabled', p.hls_enabled, 'dashEnabled', p.dash_enabled,
          'fileFormat', p.file_format, 'maxFileDurationSeconds', p.max_file_duration_seconds, 'serviceProvider', p.service_provider,
          'programNumber', p.program_number, 'pathToken', p.path_token, 'renditions', coalesce(p.started_renditions, '[]'::jsonb))
          order by p.position), '[]'::jsonb)
        from playbacks p where p.session_id = s.id),
      'processes', case when r.id is null then '[]'::jsonb else ${launchedProcessesJson} end,
      'secrets', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'playbackId', x.playback_id, 'kind', x.kind, 'position', x.position,
          'ciphertext', translate(encode(x.ciphertext, 'base64'), E'\\n', ''))), '[]'::jsonb)
        from secrets x where x.session_id = s.id)) as launch
    from sessions s left join runs r on r.session_id = s.id and r.generation = s.generation
    where s.id = any(${textList(sessionIds)}) order by s.status_changed_at, s.id`);
  return rows.map((row) => row.launch);
}

/** Notes that senders over SRT have to encrypt from now on, of sessions that this transaction has locked. */
export async function markEncrypted(transaction: Transaction, sessionIds: readonly string[]): Promise<void> {
  await transaction.execute(sql`update sessions set srt_encryption_enabled = true where id = any(${textList(sessionIds)})`);
}
