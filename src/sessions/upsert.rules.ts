import { isDeepStrictEqual } from "node:util";
import { mergeMaskedUrl, type UrlRole } from "../network/mask.ts";
import { nameKey } from "../shared/name.ts";
import { UserErrorCode, type UserError } from "../shared/user-error.ts";
import type { PlaybackDraft, SessionDraft } from "./session.draft.ts";
import type { PlaybackCandidate, SessionCandidate, SourceCandidate } from "./session.input.ts";
import { decideEdit } from "./session.transitions.ts";
import type { StoredContent, StoredPlayback, StoredSession } from "./stored-session.ts";

/** Sessions that are there, by what items of a call mean them by. */
export interface KnownSessions {
  readonly byNameKey: ReadonlyMap<string, StoredSession>;
  readonly byExternalId: ReadonlyMap<string | null, StoredSession>;
}

export function indexSessions(stored: readonly StoredSession[]): KnownSessions {
  return {
    byNameKey: new Map(stored.map((each) => [nameKey(each.session.name), each])),
    byExternalId: new Map(stored.filter(({ session }) => session.externalId !== null).map((each) => [each.session.externalId, each])),
  };
}

/** The session that an item means: that of its external id where it gives one, else that of its name; null when it is to be made. */
export function findMatch({ name, externalId }: SessionCandidate, known: KnownSessions): StoredSession | null {
  return (externalId ? known.byExternalId.get(externalId.trim()) : known.byNameKey.get(nameKey(name))) ?? null;
}

/** Items that mean the session of an earlier one, and names that others have and keep; paths begin with the item's place. */
export function refuseClashes(
  candidates: readonly SessionCandidate[],
  matches: readonly (StoredSession | null)[],
  { byNameKey }: KnownSessions,
): readonly UserError[] {
  const nameKeys = candidates.map(({ name }) => nameKey(name));
  const renamed = new Set(matches.flatMap((match, place) => (match && nameKeys[place] !== nameKey(match.session.name) ? match.id : [])));
  return matches.flatMap((match, place): readonly UserError[] => {
    const earlier = match ? matches.findIndex((other) => other?.id === match.id) : place;
    if (match && earlier < place) {
      const message = `Item ${earlier} of this call means the same session.`;
      return [{ code: UserErrorCode.DUPLICATE_ID, message, path: [String(place)], conflictingId: match.id }];
    }
    const owner = byNameKey.get(nameKeys[place] ?? "");
    if (!owner || owner.id === match?.id || renamed.has(owner.id)) return [];
    const message = "Another session has this name.";
    return [{ code: UserErrorCode.DUPLICATE_NAME, message, path: [String(place), "name"], conflictingId: owner.id }];
  });
}

/** What the call comes to for a session that is there: a field left out stays as it is, a secret also where it is null. */
export function mergeCandidate(given: SessionCandidate, { session }: StoredSession): SessionCandidate {
  return {
    ...given,
    description: kept(given.description, session.description),
    region: session.region,
    externalId: kept(given.externalId, session.externalId),
    labels: kept(given.labels, [...session.labels]),
    slatesEnabled: kept(given.slatesEnabled, session.slatesEnabled),
    streamRemap: kept(given.streamRemap, [...session.streamRemap]),
    source: mergeSource(given.source, session.source),
    playbacks: given.playbacks.map((playback) => mergePlayback(playback, findPlayback(session, playback))),
  };
}

function mergeSource(given: SourceCandidate, stored: StoredContent["source"]): SourceCandidate {
  const urlB = mergeUrl(given.urlB, stored.urlB, "INPUT");
  const srtEncryptionEnabled = kept(given.srtEncryptionEnabled, stored.srtEncryptionEnabled);
  return {
    type: given.type,
    urlA: mergeUrl(given.urlA, stored.urlA, "INPUT"),
    urlB,
    failover: given.failover === undefined && urlB ? stored.failover : given.failover,
    customStreamKey: given.customStreamKey ?? stored.customStreamKey,
    srtEncryptionEnabled,
    srtPassphrase: given.srtPassphrase ?? (srtEncryptionEnabled ? stored.srtPassphrase : null),
    hlsScte35PassthroughEnabled: kept(given.hlsScte35PassthroughEnabled, stored.hlsScte35PassthroughEnabled),
  };
}

function mergePlayback(given: PlaybackCandidate, stored: StoredPlayback | null): PlaybackCandidate {
  if (!stored || stored.type !== given.type) return given;
  const urls = given.urls?.map((url, place) => mergeUrl(url, stored.urls[place] ?? null, "OUTPUT") ?? url);
  return {
    name: given.name,
    type: given.type,
    templateId: given.templateId ?? stored.templateId,
    urls: given.urls === undefined ? [...stored.urls] : urls,
    hlsEnabled: kept(given.hlsEnabled, stored.hlsEnabled),
    dashEnabled: kept(given.dashEnabled, stored.dashEnabled),
    serviceProvider: kept(given.serviceProvider, stored.serviceProvider),
    programNumber: kept(given.programNumber, stored.programNumber),
    fileFormat: kept(given.fileFormat, stored.fileFormat),
    maxFileDurationSeconds: kept(given.maxFileDurationSeconds, stored.maxFileDurationSeconds),
  };
}

/** The playback of this name: outputs are matched as sessions are. */
function findPlayback({ playbacks }: StoredContent, { name }: Pick<PlaybackCandidate, "name">): StoredPlayback | null {
  const key = nameKey(name);
  return playbacks.find((playback) => nameKey(playback.name) === key) ?? null;
}

/** Which playback of the session each one of the draft is, by its id; null for a new one. */
export function matchPlaybacks({ playbacks }: SessionDraft, { session, playbackIds }: StoredSession): readonly (string | null)[] {
  return playbacks.map((playback) => {
    const found = findPlayback(session, playback);
    return found && (playbackIds[session.playbacks.indexOf(found)] ?? null);
  });
}

function kept<T>(given: T | undefined, stored: T): T {
  return given === undefined ? stored : given;
}

/** A masked URL is the stored one; one that is not stays masked, which the rules of URLs refuse. */
function mergeUrl(given: string | null | undefined, stored: string | null, role: UrlRole): string | null {
  if (given === undefined) return stored;
  return given === null || stored === null ? given : (mergeMaskedUrl(given, stored, role) ?? given);
}

/** What can never be edited, paths relative to the session. */
export function refuseFixed(given: SessionCandidate, { session }: StoredSession): readonly UserError[] {
  if (given.source.type !== session.source.type) {
    return [fixed(["source", "type"], `The input type of this session stays ${session.source.type}: it can never change.`)];
  }
  const errors = given.playbacks.flatMap((playback, index) => {
    const stored = findPlayback(session, playback);
    if (!stored || stored.type === playback.type) return [];
    return [
      fixed(["playbacks", String(index), "type"], `The output of this name stays ${stored.type}: the type of an output can never change.`),
    ];
  });
  if (given.region && given.region !== session.region) errors.push(fixed(["region"], `This session stays in region ${session.region}.`));
  if (given.playbacks.length === 0 && session.playbacks.length > 0) {
    const message = "A session keeps at least one playback.";
    errors.push({ code: UserErrorCode.LAST_PLAYBACK, message, path: ["playbacks"] });
  }
  return errors;
}

function fixed(path: readonly string[], message: string): UserError {
  return { code: UserErrorCode.INVALID_VALUE, message, path };
}

/** Parts of a session that nothing may run on while they are edited. */
const LOCKED_PARTS = ["source", "slatesEnabled", "streamRemap", "playbacks"] as const;

/** Whether a draft makes anything else of the session. */
export function isChanged(draft: SessionDraft, { session }: StoredSession): boolean {
  return !isDeepStrictEqual(contentOf(draft), contentOf(session));
}

/** What is edited of a session that something runs on, paths relative to the session. */
export function refuseBusy(draft: SessionDraft, { id, session, state, desiredStatus }: StoredSession): readonly UserError[] {
  const { status, hasEvent: isOfEvent } = state;
  const decision = decideEdit({ status, desiredStatus, playbackCount: session.playbacks.length, isOfEvent });
  if (decision.outcome === "ACCEPTED") return [];
  const { code, message } = decision;
  if (isOfEvent) return [{ code, message, path: [], conflictingId: id }];
  const [after, before] = [contentOf(draft), contentOf(session)];
  return LOCKED_PARTS.filter((part) => !isDeepStrictEqual(after[part], before[part])).map((part) => ({
    code,
    message,
    path: [part],
    conflictingId: id,
  }));
}

/** All that a caller describes, in one form for drafts and for what is stored. */
function contentOf({ playbacks, ...rest }: SessionDraft | StoredContent) {
  return { ...rest, isOfEvent: null, labels: [...rest.labels], playbacks: playbacks.map(playbackContent) };
}

function playbackContent(playback: PlaybackDraft | StoredPlayback): Omit<PlaybackDraft, "templateName"> {
  const { name, type, templateId, urls, hlsEnabled, dashEnabled, serviceProvider, programNumber, fileFormat, maxFileDurationSeconds } =
    playback;
  return {
    name,
    type,
    templateId,
    urls: [...urls],
    hlsEnabled,
    dashEnabled,
    serviceProvider,
    programNumber,
    fileFormat,
    maxFileDurationSeconds,
  };
}
