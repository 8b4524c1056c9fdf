import type { ProcessSettings } from "../processes/process.rules.ts";
import type { RenditionSettings } from "../templates/template.rules.ts";

/** Something that was edited and takes effect with the next restart; null where it is not there before or after. */
export interface PendingChange {
  /** Where in the session, such as `["playbacks", "0", "template", "renditions", "1", "videoBitrateKbps"]`. */
  readonly path: readonly string[];
  readonly before: string | null;
  readonly after: string | null;
}

/** What a person edits of a rendition, in the order in which it is shown. */
const RENDITION_FIELDS = [
  "name",
  "isPassthrough",
  "videoCodec",
  "width",
  "height",
  "videoBitrateKbps",
  "frameRate",
  "audioCodec",
  "audioBitrateKbps",
] as const;

/** A ladder as it runs and as it is by now. */
export interface LadderEdit {
  /** The playback's place in its session, from 0. */
  readonly place: number;
  readonly started: readonly RenditionSettings[];
  readonly current: readonly RenditionSettings[];
}

/** What differs, field by field. Renditions are compared by their places: a rendition that went or came differs in all that it names. */
export function findPendingChanges({ place, started, current }: LadderEdit): readonly PendingChange[] {
  const length = Math.max(started.length, current.length);
  return Array.from({ length }, (_, index) => index).flatMap((index) =>
    RENDITION_FIELDS.flatMap((field): PendingChange[] => {
      const [before, after] = [textOf(started[index], field), textOf(current[index], field)];
      const path = ["playbacks", String(place), "template", "renditions", String(index), field];
      return before === after ? [] : [{ path, before, after }];
    }),
  );
}

/** What a person sets of a process. */
const PROCESS_FIELDS = ["isEnabled", "intervalSeconds", "durationSeconds"] as const;

/** A process as it runs and as it is set by now; null where it is not there. */
export interface ProcessEdit {
  /** Its place among the processes of its session, from 0. */
  readonly place: number;
  readonly started: ProcessSettings | null;
  readonly current: ProcessSettings | null;
}

/** What differs of a process, field by field. */
export function findPendingProcessChanges({ place, started, current }: ProcessEdit): readonly PendingChange[] {
  return PROCESS_FIELDS.flatMap((field): PendingChange[] => {
    const [before, after] = [textOf(started, field), textOf(current, field)];
    return before === after ? [] : [{ path: ["processes", String(place), field], before, after }];
  });
}

function textOf(settings: object | null | undefined, field: string): string | null {
  const value = settings ? new Map<string, unknown>(Object.entries(settings)).get(field) : undefined;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}
