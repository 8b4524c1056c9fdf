import type { Context } from "../access/context.ts";
import { maskUrl } from "../network/mask.ts";
import { newIdentifier, randomToken } from "../shared/identifier.ts";
import { nameKey, nameOrder } from "../shared/name.ts";
import { SecretKind } from "./secret.rules.ts";
import { sealSecret, type SecretRow } from "./secret.store.ts";
import type { PlaybackDraft, SessionDraft, SourceDraft } from "./session.draft.ts";
import { INPUT_TYPE_FACTS } from "./session.rules.ts";
import { searchText, type SessionState } from "./session.state.ts";

/** What secrets are sealed with. */
export type Sealing = Pick<Context, "vault">;

const STREAM_ID_LENGTH = 12;
const PATH_TOKEN_LENGTH = 26;
/** 160 random bits, for stream keys and for passphrases. */
const GENERATED_SECRET_LENGTH = 32;

export type PreparedSession = ReturnType<typeof prepareSession>;

/** The ids of a new session. */
export interface SessionPlace {
  readonly id: string;
  readonly streamId: string;
}

export function newSessionPlace(): SessionPlace {
  return { id: newIdentifier("session"), streamId: randomToken(STREAM_ID_LENGTH) };
}

/** Everything that is written of a new session but the change log, its secrets made. */
export function prepareSession(context: Sealing, draft: SessionDraft, { id, streamId }: SessionPlace = newSessionPlace()) {
  const sessionNameOrder = nameOrder(draft.name);
  const playbacks = draft.playbacks.map((playback, position) =>
    preparePlayback(context, { sessionId: id, sessionNameOrder, playback, position }),
  );
  const state: SessionState = {
    name: draft.name,
    description: draft.description,
    streamId,
    externalId: draft.externalId,
    labels: draft.labels,
    region: draft.region,
    inputType: draft.source.type,
    status: "STOPPED",
    health: "OK",
    templateIds: [...new Set(draft.playbacks.map((playback) => playback.templateId))].sort(),
    hasPendingChanges: false,
    hasOpenAlert: false,
    hasEvent: false,
  };
  return {
    state,
    row: {
      id,
      stream_id: state.streamId,
      name: draft.name,
      name_key: nameKey(draft.name),
      name_order: sessionNameOrder,
      search_text: searchText(state),
      description: draft.description,
      region: draft.region,
      external_id: draft.externalId,
      labels: draft.labels,
      slates_enabled: draft.slatesEnabled,
      stream_remap: draft.streamRemap,
      ...sourceColumns(draft.source),
    },
    playbacks: playbacks.map((playback) => playback.row),
    secrets: [...prepareSourceSecrets(context, id, draft.source), ...playbacks.flatMap((playback) => playback.secrets)],
  };
}

/** The columns of an input, URLs masked. */
export function sourceColumns(source: SourceDraft) {
  return {
    input_type: source.type,
    url_a: source.urlA === null ? null : maskUrl(source.urlA, "INPUT").masked,
    url_b: source.urlB === null ? null : maskUrl(source.urlB, "INPUT").masked,
    recovery_interval_seconds: source.failover?.recoveryIntervalSeconds ?? null,
    error_threshold_percent: source.failover?.errorThresholdPercent ?? null,
    srt_encryption_enabled: source.srtEncryptionEnabled,
    hls_scte35_passthrough_enabled: source.hlsScte35PassthroughEnabled,
  };
}

/** A stream key or a passphrase where nobody gave one. */
export function generateSecret(): string {
  return randomToken(GENERATED_SECRET_LENGTH);
}

/** The secrets of an input; what a push input needs and nobody gave is generated. */
export function prepareSourceSecrets(context: Sealing, sessionId: string, source: SourceDraft): SecretRow[] {
  const seal = (kind: SecretKind, plaintext: string, isGenerated = false) =>
    sealSecret(context.vault, { sessionId, playbackId: null, kind, position: 0, plaintext, isGenerated });
  const secrets: SecretRow[] = [];
  if (INPUT_TYPE_FACTS[source.type].isPush) {
    secrets.push(seal(SecretKind.STREAM_KEY, source.customStreamKey ?? generateSecret(), source.customStreamKey === null));
  }
  if (source.srtEncryptionEnabled) {
    secrets.push(seal(SecretKind.SRT_PASSPHRASE, source.srtPassphrase ?? generateSecret(), source.srtPassphrase === null));
  }
  if (source.urlA !== null && maskUrl(source.urlA, "INPUT").hasSecret) secrets.push(seal(SecretKind.INPUT_URL_A, source.urlA));
  if (source.urlB !== null && maskUrl(source.urlB, "INPUT").hasSecret) secrets.push(seal(SecretKind.INPUT_URL_B, source.urlB));
  return secrets;
}

/** The row of a playback, and its URLs that hold secrets, for `writePlaybacks` and `writeSecrets`. */
export function preparePlayback(
  context: Sealing,
  given: { readonly sessionId: string; readonly sessionNameOrder: string; readonly playback: PlaybackDraft; readonly position: number },
) {
  const { sessionId, sessionNameOrder, playback, position } = given;
  const id = newIdentifier("playback");
  return {
    row: {
      id,
      session_id: sessionId,
      session_name_order: sessionNameOrder,
      position,
      path_token: randomToken(PATH_TOKEN_LENGTH),
      ...playbackColumns(playback),
    },
    secrets: preparePlaybackSecrets(context, { sessionId, playbackId: id, playback }),
  };
}

/** The columns of a playback, URLs masked. */
export function playbackColumns(playback: PlaybackDraft) {
  return {
    name: playback.name,
    name_key: nameKey(playback.name),
    type: playback.type,
    template_id: playback.templateId,
    urls: playback.urls.map((url) => (playback.type === "FILE" ? url : maskUrl(url, "OUTPUT").masked)),
    hls_enabled: playback.hlsEnabled,
    dash_enabled: playback.dashEnabled,
    service_provider: playback.serviceProvider,
    program_number: playback.programNumber,
    file_format: playback.fileFormat,
    max_file_duration_seconds: playback.maxFileDurationSeconds,
  };
}

export function preparePlaybackSecrets(
  context: Sealing,
  given: { readonly sessionId: string; readonly playbackId: string; readonly playback: PlaybackDraft },
): SecretRow[] {
  const { sessionId, playbackId, playback } = given;
  return playback.urls.flatMap((url, position) =>
    playback.type !== "FILE" && maskUrl(url, "OUTPUT").hasSecret
      ? [sealSecret(context.vault, { sessionId, playbackId, kind: SecretKind.OUTPUT_URL, position, plaintext: url, isGenerated: false })]
      : [],
  );
}
