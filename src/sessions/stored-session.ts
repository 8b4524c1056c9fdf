import type { Vault } from "../access/vault.ts";
import type { SecretKind } from "./secret.rules.ts";
import { openSecret } from "./secret.store.ts";
import type { PlaybackDraft, SessionDraft } from "./session.draft.ts";
import type { DesiredStatus, RemapRule } from "./session.rules.ts";
import type { SessionState } from "./session.state.ts";

/** Everything that describes a session. Its secrets are whole, or left out: keys and passphrases null, URLs masked. */
export type StoredContent = Omit<SessionDraft, "playbacks"> & {
  readonly playbacks: readonly StoredPlayback[];
  /** Whether it feeds a language of an event; left out where it does not. */
  readonly isOfEvent?: boolean;
};

export type StoredPlayback = PlaybackDraft & { readonly templateName: string };

/** A session as it is stored. */
export interface StoredSession {
  readonly id: string;
  /** What sessions are ordered by. */
  readonly nameOrder: string;
  readonly desiredStatus: DesiredStatus;
  readonly playbackIds: readonly string[];
  readonly session: StoredContent;
  readonly state: SessionState;
}

/** What `selectStoredLines` writes, one for each playback, and one for a session without any. */
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
  hasPendingChanges: boolean,
  hasOpenAlert: boolean,
  hasEvent: boolean,
];

type StoredSecret = readonly [playbackId: string | null, kind: SecretKind, position: number, ciphertext: string];
type SecretOf = (kind: SecretKind, playbackId?: string | null, position?: number) => string | null;

/** Tells whether two lines are of one session, without taking them apart. */
export function idOfStoredLine(line: string): string {
  return line.slice(line.indexOf(`"`) + 1, line.indexOf(`",`));
}

/** Where a line stands in the order of exports. */
export function positionOfStoredLine(line: string): readonly [nameOrder: string, id: string] {
  const [id, nameOrder] = JSON.parse(line) as Line;
  return [nameOrder, id];
}

/** Reads lines of sessions in their order; with a vault their secrets are opened. Pure, for a thread as for here. */
export function readStoredLines(lines: readonly string[], vault: Vault | null): readonly StoredSession[] {
  const found: { readonly first: Line; readonly all: Line[] }[] = [];
  for (const text of lines) {
    const line = JSON.parse(text) as Line;
    const last = found.at(-1);
    if (last?.first[0] === line[0]) last.all.push(line);
    else found.push({ first: line, all: [line] });
  }
  return found.map(({ first, all }) => toStoredSession(first, all, vault));
}

/** By place: taking thirty places apart by name goes through an iterator. */
function toStoredSession(line: Line, all: readonly Line[], vault: Vault | null): StoredSession {
  const secretOf = secretsOf(line, vault);
  const withPlayback = all.filter((each) => each[20] !== null);
  const playbacks = withPlayback.map((each) => toPlayback(each, secretOf));
  const name = line[6];
  const description = line[7];
  const region = line[8];
  const externalId = line[9];
  const labels = line[10];
  const templateIds = playbacks.length === 1 && playbacks[0] ? [playbacks[0].templateId] : templateIdsOf(playbacks);
  return {
    id: line[0],
    nameOrder: line[1],
    desiredStatus: line[4],
    playbackIds: withPlayback.map((each) => each[20] ?? ""),
    state: {
      name,
      description,
      region,
      externalId,
      labels,
      streamId: line[2],
      inputType: line[11],
      status: line[3],
      health: line[5],
      templateIds,
      hasPendingChanges: line[33],
      hasOpenAlert: line[34],
      hasEvent: line[35],
    },
    session: {
      isOfEvent: line[35],
      name,
      description,
      region,
      externalId,
      labels,
      slatesEnabled: line[18],
      streamRemap: line[19],
      source: {
        type: line[11],
        urlA: secretOf("INPUT_URL_A") ?? line[12],
        urlB: secretOf("INPUT_URL_B") ?? line[13],
        failover: line[14] === null ? null : { recoveryIntervalSeconds: line[14], errorThresholdPercent: line[15] },
        customStreamKey: secretOf("STREAM_KEY"),
        srtEncryptionEnabled: line[16],
        srtPassphrase: secretOf("SRT_PASSPHRASE"),
        hlsScte35PassthroughEnabled: line[17],
      },
      playbacks,
    },
  };
}

function templateIdsOf(playbacks: readonly StoredPlayback[]): readonly string[] {
  return [...new Set(playbacks.map(({ templateId }) => templateId))].sort();
}

function toPlayback(line: Line, secretOf: SecretOf): StoredPlayback {
  return {
    name: line[21],
    type: line[22],
    templateId: line[23],
    templateName: line[24],
    urls: line[25].map((url, position) => secretOf("OUTPUT_URL", line[20], position) ?? url),
    hlsEnabled: line[26],
    dashEnabled: line[27],
    serviceProvider: line[28],
    programNumber: line[29],
    fileFormat: line[30],
    maxFileDurationSeconds: line[31],
  };
}

const NO_SECRETS: SecretOf = () => null;

function secretsOf(line: Line, vault: Vault | null): SecretOf {
  const id = line[0];
  const secrets = line[32];
  if (!vault || !secrets) return NO_SECRETS;
  return (kind, playbackId = null, position = 0) => {
    const found = secrets.find((secret) => secret[1] === kind && secret[0] === playbackId && secret[2] === position);
    if (!found) return null;
    return openSecret(vault, { sessionId: id, playbackId, kind, position, ciphertext: Buffer.from(found[3], "base64") });
  };
}
