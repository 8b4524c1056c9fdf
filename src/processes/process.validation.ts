import { nameKey } from "../shared/name.ts";
import { UserErrorCode, type UserError } from "../shared/user-error.ts";
import { PROCESS_KIND_FACTS, type ProcessKind, type ProcessSettings, type SecondsRange } from "./process.rules.ts";

/** One setting of a call as it was sent: a field left out is undefined. */
export interface ProcessRequest {
  readonly kind: ProcessKind;
  readonly isEnabled: boolean;
  readonly intervalSeconds?: number | null | undefined;
  readonly durationSeconds?: number | null | undefined;
  readonly targets?: readonly ProcessTarget[] | null | undefined;
  readonly sync: boolean;
}

export interface ProcessTarget {
  readonly playbackId?: string | null | undefined;
  readonly playbackName?: string | null | undefined;
  readonly renditionId: string;
}

/** A playback that processes may stand on. */
export interface ProcessPlayback {
  /** Its id, or what stands for that of one which is not made yet. */
  readonly id: string;
  readonly nameKey: string;
  readonly renditionIds: readonly string[];
}

/** One process as it is to be. */
export interface WantedProcess {
  readonly playbackId: string;
  readonly renditionId: string;
  readonly kind: ProcessKind;
  readonly settings: ProcessSettings;
}

/** What a call is checked against. */
export interface ProcessFacts {
  /** In their order. */
  readonly playbacks: readonly ProcessPlayback[];
  /** What is configured already, by `placeOf`: a value that is left out stays as it is there. */
  readonly present: ReadonlyMap<string, ProcessSettings>;
}

export type DecidedProcesses =
  | { readonly wanted: readonly WantedProcess[]; readonly errors?: never }
  | { readonly wanted?: never; readonly errors: readonly UserError[] };

/** There is one process for each of these. */
export function placeOf({ playbackId, renditionId, kind }: Omit<WantedProcess, "settings">): string {
  return `${playbackId} ${renditionId} ${kind}`;
}

/** What all settings of one call come to: every error of all of them at once, their paths relative to the list, or all processes. */
export function decideProcesses(requests: readonly ProcessRequest[], facts: ProcessFacts): DecidedProcesses {
  const errors: UserError[] = [];
  const wanted = new Map<string, WantedProcess>();
  for (const [index, request] of requests.entries()) {
    const path = [String(index)];
    const misplaced = refuseInapplicable(request, path);
    const places = findPlaces(request, facts, path);
    errors.push(...misplaced, ...places.flatMap((place) => place.error ?? []));
    if (misplaced.length > 0) continue;
    const found = places.flatMap(({ place, path: placePath }) => (place ? [{ place, path: placePath }] : []));
    const problems = new Map<string, UserError>();
    for (const { place, path: placePath } of found) {
      const key = placeOf({ ...place, kind: request.kind });
      if (wanted.has(key)) {
        errors.push({
          code: UserErrorCode.DUPLICATE_ID,
          message: `The call sets the ${request.kind} of this rendition twice.`,
          path: placePath,
        });
        continue;
      }
      const result = mergeSettings(request, facts.present.get(key), path);
      // Many renditions, one mistake.
      for (const error of result.errors) problems.set(error.path.join("."), error);
      wanted.set(key, { ...place, kind: request.kind, settings: result.settings });
    }
    errors.push(...problems.values());
  }
  return errors.length > 0 ? { errors } : { wanted: [...wanted.values()] };
}

interface FoundPlace {
  readonly path: readonly string[];
  readonly place?: { readonly playbackId: string; readonly renditionId: string };
  readonly error?: UserError;
}

function findPlaces({ targets, sync }: ProcessRequest, { playbacks }: ProcessFacts, path: readonly string[]): readonly FoundPlace[] {
  const refuse = (field: string, code: UserErrorCode, message: string): FoundPlace[] => {
    const errorPath = [...path, field];
    return [{ path: errorPath, error: { code, message, path: errorPath } }];
  };
  const isTargeted = targets !== null && targets !== undefined && targets.length > 0;
  if (isTargeted && sync) return refuse("sync", UserErrorCode.NOT_APPLICABLE, "Name targets or set sync, which means every rendition.");
  if (isTargeted) return targets.map((target, index) => findTarget(target, playbacks, [...path, "targets", String(index)]));
  if (!sync) return refuse("targets", UserErrorCode.REQUIRED, "Name the renditions, or set sync for every rendition of the session.");
  if (playbacks.length === 0) return refuse("sync", UserErrorCode.NO_PLAYBACK, "The session has no playback, and so no rendition.");
  return playbacks.flatMap(({ id, renditionIds }) =>
    renditionIds.map((renditionId) => ({ path: [...path, "sync"], place: { playbackId: id, renditionId } })),
  );
}

function findTarget(
  { playbackId, playbackName, renditionId }: ProcessTarget,
  playbacks: readonly ProcessPlayback[],
  path: readonly string[],
): FoundPlace {
  const refuse = (field: string, code: UserErrorCode, message: string): FoundPlace => ({
    path,
    error: { code, message, path: [...path, field] },
  });
  const isNamed = playbackName !== null && playbackName !== undefined;
  const isIdentified = playbackId !== null && playbackId !== undefined;
  if (!isNamed && !isIdentified) return refuse("playbackId", UserErrorCode.REQUIRED, "Say which playback, by its id or its name.");
  if (isNamed && isIdentified)
    return refuse("playbackName", UserErrorCode.NOT_APPLICABLE, "Say which playback by its id or its name, not both.");
  const playback = playbacks.find(({ id, nameKey: key }) => (isNamed ? key === nameKey(playbackName) : id === playbackId));
  if (!playback) {
    return isNamed
      ? refuse("playbackName", UserErrorCode.NOT_FOUND, "The session has no playback with this name.")
      : refuse("playbackId", UserErrorCode.NOT_FOUND, "The session has no playback with this id.");
  }
  if (!playback.renditionIds.includes(renditionId)) {
    return refuse("renditionId", UserErrorCode.NOT_FOUND, "The template of the playback has no rendition with this id.");
  }
  return { path, place: { playbackId: playback.id, renditionId } };
}

const FIELDS = ["intervalSeconds", "durationSeconds"] as const;
type Field = (typeof FIELDS)[number];

const FIELD_WORDS: Readonly<Record<Field, string>> = { intervalSeconds: "interval", durationSeconds: "duration" };

function refuseInapplicable(request: ProcessRequest, path: readonly string[]): readonly UserError[] {
  return FIELDS.flatMap((field) => {
    const isGiven = request[field] !== null && request[field] !== undefined;
    if (!isGiven || PROCESS_KIND_FACTS[request.kind][field] !== null) return [];
    const message = `A ${request.kind} has no ${FIELD_WORDS[field]}.`;
    return [{ code: UserErrorCode.NOT_APPLICABLE, message, path: [...path, field] }];
  });
}

interface MergedSettings {
  readonly settings: ProcessSettings;
  readonly errors: readonly UserError[];
}

function mergeSettings(request: ProcessRequest, present: ProcessSettings | undefined, path: readonly string[]): MergedSettings {
  const valueOf = (field: Field): number | null => {
    if (PROCESS_KIND_FACTS[request.kind][field] === null) return null;
    const given = request[field];
    return given === undefined ? (present?.[field] ?? null) : given;
  };
  const settings = {
    isEnabled: request.isEnabled,
    intervalSeconds: valueOf("intervalSeconds"),
    durationSeconds: valueOf("durationSeconds"),
  };
  const errors = FIELDS.flatMap((field) =>
    checkSeconds(request.kind, field, settings[field]).map((error) => ({ ...error, path: [...path, field] })),
  );
  return { settings, errors: errors.length > 0 ? errors : checkClipLength(request.kind, settings, path) };
}

function checkSeconds(kind: ProcessKind, field: Field, value: number | null): readonly Omit<UserError, "path">[] {
  const range = PROCESS_KIND_FACTS[kind][field];
  if (range === null) return [];
  const what = `The ${FIELD_WORDS[field]} of a ${kind}`;
  if (value === null) {
    return range.isOptional ? [] : [{ code: UserErrorCode.REQUIRED, message: `${what} is wanted: ${rangeText(range)}.` }];
  }
  if (value >= range.least && value <= range.most) return [];
  return [{ code: UserErrorCode.INVALID_VALUE, message: `${what} is ${rangeText(range)}.` }];
}

function rangeText({ least, most, isOptional }: SecondsRange): string {
  return isOptional ? `${least} second or more, or empty for the entire stream` : `${least} to ${most} seconds`;
}

/** What goes on longer than its interval would never be whole. */
function checkClipLength(
  kind: ProcessKind,
  { intervalSeconds, durationSeconds }: ProcessSettings,
  path: readonly string[],
): readonly UserError[] {
  if (kind !== "MOTION_CLIP" || intervalSeconds === null || durationSeconds === null || durationSeconds <= intervalSeconds) return [];
  const message = `A MOTION_CLIP of ${durationSeconds} seconds is longer than its interval of ${intervalSeconds} seconds.`;
  return [{ code: UserErrorCode.INVALID_VALUE, message, path: [...path, "durationSeconds"] }];
}
