import type { Vault } from "../access/vault.ts";
import type { PlaybackDraft } from "../sessions/session.draft.ts";
import type { SecretKind } from "../sessions/secret.rules.ts";
import { openSecret } from "../sessions/secret.store.ts";
import type { DesiredStatus, RemapRule } from "../sessions/session.rules.ts";
import type { SessionState } from "../sessions/session.state.ts";
import type { CsvPlayback, CsvSession } from "./csv.session.ts";

/** A session as it is stored, as the CSV format sees it. */
export interface StoredCsvSession {
  readonly id: string;
  /** What sessions are ordered by. */
  readonly nameOrder: string;
  readonly desiredStatus: DesiredStatus;
  readonly playbackIds: readonly string[];
  readonly session: CsvSession;
  readonly state: SessionState;
}

/** What `selectCsvLines` writes, one for each playback, and one for a session without any. */
type Line = readonly [
  id: string,
  nameOrder: string,
  streamId: string,
  status: SessionState["status"],
  desiredStatus: DesiredStatus,
  health: SessionState["health"],
  name: string,
  description: string | null,
  region: string,
  externalId: string | null,
  labels: readonly string[],
  inputType: SessionState["inputType"],
  urlA: string | null,
  urlB: string | null,
  recoveryIntervalSeconds: number | null,
  errorThresholdPercent: number | null,
  srtEncryptionEnabled: boolean,
  hlsScte35PassthroughEnabled: boolean,
  slatesEnabled: boolean,
  streamRemap: readonly RemapRule[],
  playbackId: string | null,
  playbackName: string,
  playbackType: PlaybackDraft["type"],
  templateId: string,
  templateName: string,
  urls: readonly string[],
  hlsEnabled: boolean,
  dashEnabled: boolean,
  serviceProvider: string | null,
  programNumber: number | null,
  fileFormat: PlaybackDraft["fileFormat"],
  maxFileDurationSeconds: number | null,
  secrets: readonly StoredSecret[] | null,
];

type StoredSecret = readonly [playbackId: string | null, kind: SecretKind, position: number, ciphertext: string];
type SecretOf = (kind: SecretKind, playbackId?: string | null, position?: number) => string | null;

/** Reads lines of sessions in their order; with a vault their secrets are opened. Pure, for a thread as for here. */
export function readStoredLines(lines: readonly string[], vault: Vault | null): readonly StoredCsvSession[] {
  const found: { readonly first: Line; readonly all: Line[] }[] = [];
  for (const text of lines) {
    const line = JSON.parse(text) as Line;
    const last = found.at(-1);
    if (last?.first[0] === line[0]) last.all.push(line);
    else found.push({ first: line, all: [line] });
  }
  return found.map(({ first, all }) => toStoredSession(first, all, vault));
}

function toStoredSession(line: Line, all: readonly Line[], vault: Vault | null): StoredCsvSession {
  const [id, nameOrder, streamId, status, desiredStatus, health, name, description, region, externalId, labels, inputType] = line;
  const [
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    urlA,
    urlB,
    interval,
    threshold,
    srtEncryptionEnabled,
    hlsScte35PassthroughEnabled,
    slatesEnabled,
    streamRemap,
  ] = line;
  const secretOf = secretsOf(line, vault);
  const withPlayback = all.filter((each) => each[20] !== null);
  const playbacks = withPlayback.map((each) => toPlayback(each, secretOf));
  const common = { name, description, region, externalId, labels };
  return {
    id,
    nameOrder,
    desiredStatus,
    playbackIds: withPlayback.map((each) => each[20] ?? ""),
    state: {
      ...common,
      streamId,
      inputType,
      status,
      health,
      templateIds: [...new Set(playbacks.map(({ templateId }) => templateId))].sort(),
    },
    session: {
      ...common,
      slatesEnabled,
      streamRemap,
      source: {
        type: inputType,
        urlA: secretOf("INPUT_URL_A") ?? urlA,
        urlB: secretOf("INPUT_URL_B") ?? urlB,
        failover: interval === null ? null : { recoveryIntervalSeconds: interval, errorThresholdPercent: threshold },
        customStreamKey: secretOf("STREAM_KEY"),
        srtEncryptionEnabled,
        srtPassphrase: secretOf("SRT_PASSPHRASE"),
        hlsScte35PassthroughEnabled,
      },
      playbacks,
    },
  };
}

function toPlayback(line: Line, secretOf: SecretOf): CsvPlayback {
  const [
    name,
    type,
    templateId,
    templateName,
    urls,
    hlsEnabled,
    dashEnabled,
    serviceProvider,
    programNumber,
    fileFormat,
    maxFileDurationSeconds,
  ] = line.slice(21, 32) as unknown as [
    string,
    PlaybackDraft["type"],
    string,
    string,
    readonly string[],
    boolean,
    boolean,
    string | null,
    number | null,
    PlaybackDraft["fileFormat"],
    number | null,
  ];
  return {
    name,
    type,
    templateId,
    templateName,
    urls: urls.map((url, position) => secretOf("OUTPUT_URL", line[20], position) ?? url),
    hlsEnabled,
    dashEnabled,
    serviceProvider,
    programNumber,
    fileFormat,
    maxFileDurationSeconds,
  };
}

function secretsOf([id, ...rest]: Line, vault: Vault | null): SecretOf {
  const secrets = rest.at(-1) as Line[32];
  if (!vault || !secrets) return () => null;
  return (kind, playbackId = null, position = 0) => {
    const found = secrets.find((secret) => secret[1] === kind && secret[0] === playbackId && secret[2] === position);
    if (!found) return null;
    return openSecret(vault, { sessionId: id, playbackId, kind, position, ciphertext: Buffer.from(found[3], "base64") });
  };
}
