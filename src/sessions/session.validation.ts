import { validatePlaybacks } from "../playbacks/playback.validation.ts";
import type { NetworkPolicy } from "../network/network-policy.ts";
import { checkInputUrl } from "../network/url.rules.ts";
import { UserErrorCode, type UserError } from "../shared/user-error.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import type { FailoverSettings, SessionDraft, SourceDraft } from "./session.draft.ts";
import type { SessionCandidate, SourceCandidate } from "./session.input.ts";
import { INPUT_TYPE_FACTS } from "./session.rules.ts";

/** Seconds between attempts to go back to A when a backup URL is given without an interval. */
export const DEFAULT_RECOVERY_INTERVAL_SECONDS = 120;

/** What a session is checked against besides itself. */
export interface ValidationFacts {
  /** The organization's templates by id. */
  readonly templates: ReadonlyMap<string, TemplateFacts>;
  readonly defaultTemplateId: string | null;
  readonly defaultRegion: string;
  readonly network: NetworkPolicy;
}

export type Validated<T> =
  { readonly draft: T; readonly errors?: never } | { readonly draft?: never; readonly errors: readonly UserError[] };

/** Every rule that a session has to keep by itself: all errors at once, their paths relative to the session. */
export function validateSession(candidate: SessionCandidate, facts: ValidationFacts): Validated<SessionDraft> {
  const source = validateSource(candidate.source, facts.network);
  const playbacks = validatePlaybacks(candidate.playbacks, facts);
  const errors = [...(source.errors ?? []), ...validateRemap(candidate), ...(playbacks.errors ?? [])];
  if (errors.length > 0 || !source.draft || !playbacks.draft) return { errors };
  return {
    draft: {
      name: candidate.name,
      description: candidate.description || null,
      region: candidate.region ?? facts.defaultRegion,
      externalId: candidate.externalId?.trim() ?? null,
      labels: [...new Set(candidate.labels ?? [])],
      source: source.draft,
      slatesEnabled: candidate.slatesEnabled ?? false,
      streamRemap: candidate.streamRemap ?? [],
      playbacks: playbacks.draft,
    },
  };
}

/** The rules of an input, by its type. */
export function validateSource(candidate: SourceCandidate, network: NetworkPolicy): Validated<SourceDraft> {
  const failover = failoverOf(candidate);
  const errors = [
    ...checkUrlA(candidate, network),
    ...checkUrlB(candidate, network),
    ...checkFailover(candidate),
    ...checkPushSettings(candidate),
    ...checkSrtEncryption(candidate),
    ...onlyFor(candidate.hlsScte35PassthroughEnabled === true && candidate.type !== "HLS_PULL", "hlsScte35PassthroughEnabled", "HLS_PULL"),
  ];
  if (errors.length > 0) return { errors };
  return {
    draft: {
      type: candidate.type,
      urlA: candidate.urlA || null,
      urlB: candidate.urlB || null,
      failover,
      customStreamKey: candidate.customStreamKey ?? null,
      srtEncryptionEnabled: candidate.srtEncryptionEnabled ?? false,
      srtPassphrase: candidate.srtPassphrase ?? null,
      hlsScte35PassthroughEnabled: candidate.hlsScte35PassthroughEnabled ?? false,
    },
  };
}

function checkUrlA({ type, urlA }: SourceCandidate, network: NetworkPolicy): UserError[] {
  const takesUrl = INPUT_TYPE_FACTS[type].urlSchemes.length > 0;
  if (!takesUrl) {
    return urlA ? [sourceError(UserErrorCode.NOT_APPLICABLE, "urlA", `A ${type} input takes no URL.`)] : [];
  }
  if (!urlA) return [sourceError(UserErrorCode.REQUIRED, "urlA", `A ${type} input needs the URL to pull from.`)];
  return checkUrl({ type, url: urlA, field: "urlA", network });
}

function checkUrlB({ type, urlA, urlB }: SourceCandidate, network: NetworkPolicy): UserError[] {
  if (!urlB) return [];
  if (!INPUT_TYPE_FACTS[type].supportsFailover) {
    return [sourceError(UserErrorCode.FAILOVER_NOT_SUPPORTED, "urlB", `A ${type} input has no second path. Only MULTICAST_PULL has.`)];
  }
  if (urlA === urlB) return [sourceError(UserErrorCode.INVALID_VALUE, "urlB", "The backup URL must differ from the primary one.")];
  return checkUrl({ type, url: urlB, field: "urlB", network });
}

function checkUrl(given: {
  readonly type: SourceCandidate["type"];
  readonly url: string;
  readonly field: string;
  readonly network: NetworkPolicy;
}) {
  const problem = checkInputUrl(given.type, given.url, given.network);
  return problem ? [sourceError(problem.code, given.field, problem.message)] : [];
}

function checkFailover({ type, urlB, failover }: SourceCandidate): UserError[] {
  if (!failover) return [];
  if (!INPUT_TYPE_FACTS[type].supportsFailover) {
    return [sourceError(UserErrorCode.FAILOVER_NOT_SUPPORTED, "failover", `A ${type} input cannot fail over. Only MULTICAST_PULL can.`)];
  }
  return urlB ? [] : [sourceError(UserErrorCode.REQUIRED, "urlB", "Failover needs the URL of path B.")];
}

function failoverOf({ urlB, failover }: SourceCandidate): FailoverSettings | null {
  if (!urlB) return null;
  return {
    recoveryIntervalSeconds: failover?.recoveryIntervalSeconds ?? DEFAULT_RECOVERY_INTERVAL_SECONDS,
    errorThresholdPercent: failover?.errorThresholdPercent ?? null,
  };
}

function checkPushSettings({ type, customStreamKey }: SourceCandidate): UserError[] {
  return onlyFor(Boolean(customStreamKey) && !INPUT_TYPE_FACTS[type].isPush, "customStreamKey", "SRT_PUSH and RTMP_PUSH");
}

function checkSrtEncryption({ type, srtEncryptionEnabled, srtPassphrase }: SourceCandidate): UserError[] {
  if (type !== "SRT_PUSH") {
    return [
      ...onlyFor(srtEncryptionEnabled === true, "srtEncryptionEnabled", "SRT_PUSH"),
      ...onlyFor(Boolean(srtPassphrase), "srtPassphrase", "SRT_PUSH"),
    ];
  }
  if (!srtPassphrase || srtEncryptionEnabled) return [];
  return [sourceError(UserErrorCode.NOT_APPLICABLE, "srtPassphrase", "A passphrase needs SRT encryption to be enabled.")];
}

/** A remap is for multicast, and keeps a picture. */
export function validateRemap({ source, streamRemap }: Pick<SessionCandidate, "source" | "streamRemap">): UserError[] {
  if (!streamRemap?.length) return [];
  if (!INPUT_TYPE_FACTS[source.type].supportsRemap) {
    return [{ code: UserErrorCode.NOT_APPLICABLE, message: "Stream remap applies to MULTICAST_PULL inputs only.", path: ["streamRemap"] }];
  }
  if (streamRemap.some((rule) => rule.type === "VIDEO" && rule.mode !== "DROP")) return [];
  return [
    { code: UserErrorCode.REQUIRED, message: "A stream remap needs at least one VIDEO rule that keeps its stream.", path: ["streamRemap"] },
  ];
}

function onlyFor(isMisplaced: boolean, field: string, types: string): UserError[] {
  return isMisplaced ? [sourceError(UserErrorCode.NOT_APPLICABLE, field, `${field} applies to ${types} inputs only.`)] : [];
}

function sourceError(code: UserErrorCode, field: string, message: string): UserError {
  return { code, message, path: ["source", field] };
}
