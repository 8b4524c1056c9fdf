import { sql, type SQL } from "drizzle-orm";
import type { Context } from "../access/context.ts";
import type { Vault } from "../access/vault.ts";
import type { Executor } from "../database/database.ts";
import type { PlaybackDraft } from "../sessions/session.draft.ts";
import type { SessionFilter } from "../sessions/session.filter.ts";
import { sessionFilterCondition } from "../sessions/session.filter.store.ts";
import type { InputType, RemapRule } from "../sessions/session.rules.ts";
import { SecretKind } from "../sessions/secret.rules.ts";
import { openSecret } from "../sessions/secret.store.ts";
import { ladderJson } from "../sessions/session.store.ts";
import { sessions } from "../sessions/session.table.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import type { CsvFacts } from "./csv.rules.ts";
import { toCsvFacts, type JobFacts } from "./import-job.ts";
import type { CsvSession } from "./csv.session.ts";

/** A session to export, with the id by which it was found. */
export interface StoredCsvSession {
  readonly id: string;
  readonly session: CsvSession;
}

export interface CsvSessionQuery {
  readonly organizationId: string;
  readonly filter: SessionFilter;
  readonly limit: number;
  /** Opens the secrets; without it keys and passphrases are left out and URLs stay masked. */
  readonly vault: Vault | null;
}

/** Sessions with their playbacks in the order of their names, in one statement whatever their number. */
export async function selectCsvSessions(executor: Executor, query: CsvSessionQuery): Promise<readonly StoredCsvSession[]> {
  const rows = await executor.execute<StoredRow>(sql`
    select ${sessions.id}, ${sessions.name}, ${sessions.description}, ${sessions.region}, ${sessions.externalId}, ${sessions.labels},
      ${sessions.inputType}, ${sessions.urlA}, ${sessions.urlB}, ${sessions.recoveryIntervalSeconds}, ${sessions.errorThresholdPercent},
      ${sessions.srtEncryptionEnabled}, ${sessions.hlsScte35PassthroughEnabled}, ${sessions.slatesEnabled}, ${sessions.streamRemap},
      ${playbacksJson} as playbacks, ${query.vault ? secretsJson : sql`'[]'::jsonb`} as secrets
    from ${sessions}
    where ${sessionFilterCondition(query.organizationId, query.filter)}
    order by ${sessions.nameOrder}, ${sessions.id}
    limit ${query.limit}`);
  return rows.map((row) => ({ id: row.id, session: toCsvSession(row, query.vault) }));
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

const playbacksJson: SQL = sql`(
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', p.id, 'name', p.name, 'type', p.type, 'templateId', p.template_id, 'templateName', t.name, 'urls', to_jsonb(p.urls),
    'hlsEnabled', p.hls_enabled, 'dashEnabled', p.dash_enabled, 'serviceProvider', p.service_provider, 'programNumber', p.program_number,
    'fileFormat', p.file_format, 'maxFileDurationSeconds', p.max_file_duration_seconds) order by p.position), '[]'::jsonb)
  from playbacks p join templates t on t.id = p.template_id where p.session_id = ${sessions.id})`;

const secretsJson: SQL = sql`(
  select coalesce(jsonb_agg(jsonb_build_object(
    'playbackId', x.playback_id, 'kind', x.kind, 'position', x.position, 'ciphertext', encode(x.ciphertext, 'base64'))), '[]'::jsonb)
  from secrets x where x.session_id = ${sessions.id})`;

interface StoredRow extends Record<string, unknown> {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly region: string;
  readonly external_id: string | null;
  readonly labels: readonly string[];
  readonly input_type: InputType;
  readonly url_a: string | null;
  readonly url_b: string | null;
  readonly recovery_interval_seconds: number | null;
  readonly error_threshold_percent: number | null;
  readonly srt_encryption_enabled: boolean;
  readonly hls_scte35_passthrough_enabled: boolean;
  readonly slates_enabled: boolean;
  readonly stream_remap: readonly RemapRule[];
  readonly playbacks: readonly (PlaybackDraft & { readonly id: string; readonly templateName: string })[];
  readonly secrets: readonly StoredSecret[];
}

interface StoredSecret {
  readonly playbackId: string | null;
  readonly kind: SecretKind;
  readonly position: number;
  readonly ciphertext: string;
}

function toCsvSession(row: StoredRow, vault: Vault | null): CsvSession {
  const secretOf = (kind: SecretKind, playbackId: string | null = null, position = 0): string | null => {
    const found = row.secrets.find((secret) => secret.kind === kind && secret.playbackId === playbackId && secret.position === position);
    if (!found || !vault) return null;
    return openSecret(vault, { sessionId: row.id, playbackId, kind, position, ciphertext: Buffer.from(found.ciphertext, "base64") });
  };
  return {
    name: row.name,
    description: row.description,
    region: row.region,
    externalId: row.external_id,
    labels: row.labels,
    slatesEnabled: row.slates_enabled,
    streamRemap: row.stream_remap,
    source: {
      type: row.input_type,
      urlA: secretOf(SecretKind.INPUT_URL_A) ?? row.url_a,
      urlB: secretOf(SecretKind.INPUT_URL_B) ?? row.url_b,
      failover:
        row.recovery_interval_seconds === null
          ? null
          : { recoveryIntervalSeconds: row.recovery_interval_seconds, errorThresholdPercent: row.error_threshold_percent },
      customStreamKey: secretOf(SecretKind.STREAM_KEY),
      srtEncryptionEnabled: row.srt_encryption_enabled,
      srtPassphrase: secretOf(SecretKind.SRT_PASSPHRASE),
      hlsScte35PassthroughEnabled: row.hls_scte35_passthrough_enabled,
    },
    playbacks: row.playbacks.map(({ id, ...playback }) => ({
      ...playback,
      urls: playback.urls.map((url, position) => secretOf(SecretKind.OUTPUT_URL, id, position) ?? url),
    })),
  };
}
