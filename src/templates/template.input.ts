import { z } from "zod";
import { NAME_LENGTH_LIMIT, nameKey } from "../shared/name.ts";
import { descriptionText, idText, nameText, plainText } from "../shared/text.schema.ts";
import { Fault, FaultCode, UserErrorCode } from "../shared/user-error.ts";
import { AudioCodec, VideoCodec } from "./template.rules.ts";

/** Renditions of one template, and templates of one `deleteTemplates` call. */
export const RENDITION_COUNT_LIMIT = 20;
export const DELETE_TEMPLATES_LIMIT = 100;

const VIDEO_BITRATE_KBPS = { least: 100, most: 100_000 } as const;
const AUDIO_BITRATE_KBPS = { least: 16, most: 512 } as const;
const FRAME_RATE = { least: 1, most: 120 } as const;
const SIDE_PIXELS = { least: 16, most: 8192 } as const;

/** What a rendition that is encoded names, and a passthrough one does not. */
const ENCODING_FIELDS = [
  "videoCodec",
  "width",
  "height",
  "videoBitrateKbps",
  "frameRate",
  "audioCodec",
  "audioBitrateKbps",
] as const satisfies readonly (keyof RenditionDraft)[];

/** A rendition that passed every rule, as it is stored; what does not apply to it is null. */
export interface RenditionDraft {
  /** Null for a new one. */
  readonly id: string | null;
  readonly name: string;
  readonly isPassthrough: boolean;
  readonly videoCodec: VideoCodec | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly videoBitrateKbps: number | null;
  readonly frameRate: number | null;
  readonly audioCodec: AudioCodec | null;
  readonly audioBitrateKbps: number | null;
}

// 4:2:0 pictures, the only ones that every decoder plays, have even sides.
const sidePixels = whole(SIDE_PIXELS, "pixels").refine((pixels) => pixels % 2 === 0, "must be an even number of pixels");

const rendition = z
  .object({
    id: orNull(idText),
    name: nameText,
    isPassthrough: z
      .boolean()
      .nullish()
      .transform((value) => value ?? false),
    videoCodec: orNull(z.enum(VideoCodec)),
    width: orNull(sidePixels),
    height: orNull(sidePixels),
    videoBitrateKbps: orNull(whole(VIDEO_BITRATE_KBPS, "kbps")),
    frameRate: orNull(
      z.number().refine((rate) => rate >= FRAME_RATE.least && rate <= FRAME_RATE.most, range(FRAME_RATE, "frames per second")),
    ),
    audioCodec: orNull(z.enum(AudioCodec)),
    audioBitrateKbps: orNull(whole(AUDIO_BITRATE_KBPS, "kbps")),
  })
  .superRefine((draft: RenditionDraft, context) => {
    for (const field of ENCODING_FIELDS) {
      const isGiven = draft[field] !== null;
      if (isGiven !== draft.isPassthrough) continue;
      context.addIssue({
        code: "custom",
        path: [field],
        message: isGiven
          ? "does not apply to a passthrough rendition, which names nothing but itself"
          : "is wanted of every rendition that is encoded",
        params: { code: isGiven ? UserErrorCode.NOT_APPLICABLE : UserErrorCode.REQUIRED },
      });
    }
  });

const renditions = z
  .array(rendition)
  .min(1, "must have at least one rendition")
  .max(RENDITION_COUNT_LIMIT, `must have at most ${RENDITION_COUNT_LIMIT} renditions`)
  .superRefine((drafts, context) => {
    const keys = drafts.map(({ name }) => nameKey(name));
    keys.forEach((key, index) => {
      if (keys.indexOf(key) === index) return;
      const code = UserErrorCode.DUPLICATE_NAME;
      context.addIssue({
        code: "custom",
        path: [index, "name"],
        message: "Another rendition of the template has this name.",
        params: { code },
      });
    });
  });

export const createTemplateInput = z.object({
  name: nameText,
  description: descriptionText.nullish(),
  isDefault: z.boolean().nullish(),
  renditions,
  idempotencyKey: plainText(200).min(1, "must not be empty").nullish(),
});
export type CreateTemplate = z.output<typeof createTemplateInput>;

export const updateTemplateInput = z.object({
  id: z.string(),
  expectedVersion: z.number().int().nullish(),
  name: nameText.optional(),
  description: descriptionText.nullish(),
  isDefault: z.boolean().nullish(),
  renditions: renditions.optional(),
});
export type UpdateTemplate = z.output<typeof updateTemplateInput>;

export const deleteTemplatesInput = z.object({
  ids: z.array(z.string()).min(1, "must name at least one").max(DELETE_TEMPLATES_LIMIT, `must be at most ${DELETE_TEMPLATES_LIMIT}`),
});
export type DeleteTemplates = z.output<typeof deleteTemplatesInput>;

/** The search of a list of templates; throws the fault BAD_USER_INPUT. Blank text means all. */
export function parseTemplateSearch(search: string | null | undefined): string | null {
  const parsed = plainText(NAME_LENGTH_LIMIT).safeParse(search ?? "");
  if (!parsed.success) throw new Fault(FaultCode.BAD_USER_INPUT, `\`search\` ${parsed.error.issues[0]?.message ?? "is not valid"}.`);
  return parsed.data.trim() === "" ? null : parsed.data;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

function range({ least, most }: Range, unit: string): string {
  return `must be ${least} to ${most} ${unit}`;
}

function whole({ least, most }: Range, unit: string) {
  return z
    .number()
    .int(`must be a whole number of ${unit}`)
    .refine((value) => value >= least && value <= most, range({ least, most }, unit));
}

function orNull<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? null);
}
