import type { AssetStatus } from "../assets/asset.rules.ts";
import type { RenditionSettings } from "../templates/template.rules.ts";
import { UserErrorCode, type UserError } from "../shared/user-error.ts";
import type { EventStatus } from "./event.rules.ts";
import { isOver } from "./event.transitions.ts";

/** The best of what is encoded; what is passed through may be nothing that browsers play, and is taken where there is nothing else. */
export function recordedRendition(renditions: readonly RenditionSettings[]): RenditionSettings | null {
  const worthOf = (rendition: RenditionSettings): readonly number[] =>
    rendition.isPassthrough ? [0, 0] : [rendition.width * rendition.height, rendition.videoBitrateKbps];
  const [best = null] = renditions.toSorted((one, other) => {
    const [[area = 0, bitrate = 0], [otherArea = 0, otherBitrate = 0]] = [worthOf(one), worthOf(other)];
    return otherArea - area || otherBitrate - bitrate;
  });
  return best;
}

/** How far the recordings of an event are, all languages together. */
export interface RecordingCounts {
  readonly ready: number;
  readonly unfinished: number;
}

/** What watching an event on demand would meet at this moment. */
export interface OnDemandCheck {
  readonly available: boolean;
  readonly blockers: readonly UserError[];
}

export function checkOnDemand(
  { status, recordingEnabled }: { readonly status: EventStatus; readonly recordingEnabled: boolean },
  { ready, unfinished }: RecordingCounts,
): OnDemandCheck {
  if (!isOver(status)) return blocked(UserErrorCode.INVALID_STATE, "The event is not over. Its recording can be watched once it is.");
  if (ready > 0) return { available: true, blockers: [] };
  if (unfinished > 0) return blocked(UserErrorCode.INVALID_STATE, "The recording is being finished. Ask again in a moment.");
  const why = recordingEnabled
    ? "its encoder had none to finish, or it was deleted"
    : "it was not asked for by recordingEnabled before it went live";
  return blocked(UserErrorCode.NO_RECORDING, `There is no recording of the event: ${why}.`);
}

function blocked(code: UserErrorCode, message: string): OnDemandCheck {
  return { available: false, blockers: [{ code, message, path: [] }] };
}

/**
 * What an event that is over becomes by itself: ON_DEMAND while there is a recording to be watched, ENDED while there is none, not yet or
 * not any more. Null: it stays as it is, as whatever is not over does.
 */
export function decideOnDemand(status: EventStatus, ready: number): "ENDED" | "ON_DEMAND" | null {
  if (!isOver(status)) return null;
  const next = ready > 0 ? "ON_DEMAND" : "ENDED";
  return next === status ? null : next;
}

/** A recording of a language. */
export interface LanguageRecording {
  readonly status: AssetStatus;
  readonly playbackName: string | null;
  readonly renditionName: string | null;
  readonly bytes: number | null;
  readonly createdAt: Date;
}

/**
 * The whole recordings to be shown of a language, in the order to be shown in: where several renditions were recorded those of one, the one of
 * which there is most. Of one rendition there are several where its encoder had to begin anew.
 */
export function shownRecordings<Recording extends LanguageRecording>(recordings: readonly Recording[]): readonly Recording[] {
  const keyOf = ({ playbackName, renditionName }: Recording): string => JSON.stringify([playbackName, renditionName]);
  const whole = recordings.filter(({ status }) => status === "READY");
  const bytes = new Map<string, number>();
  for (const recording of whole) bytes.set(keyOf(recording), (bytes.get(keyOf(recording)) ?? 0) + (recording.bytes ?? 0));
  const [best] = [...bytes].toSorted(([, one], [, other]) => other - one);
  return whole
    .filter((recording) => keyOf(recording) === best?.[0])
    .toSorted((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
}
