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

function textOf(rendition: RenditionSettings | undefined, field: (typeof RENDITION_FIELDS)[number]): string | null {
  const value = rendition === undefined ? undefined : new Map<string, unknown>(Object.entries(rendition)).get(field);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}
