import { z } from "zod";
import { nameText, plainText } from "../shared/text.schema.ts";
import { CLIP_SECONDS } from "./clip.rules.ts";

/** Assets of one `deleteAssets`. */
export const DELETE_ASSETS_LIMIT = 1_000;

export const shareAssetInput = z.object({ id: z.string(), isShared: z.boolean(), expiresAt: z.date().nullish() });
export type ShareAsset = z.output<typeof shareAssetInput>;

export const deleteAssetsInput = z.object({
  ids: z.array(z.string()).min(1, "must name at least one").max(DELETE_ASSETS_LIMIT, `must be at most ${DELETE_ASSETS_LIMIT}`),
});
export type DeleteAssets = z.output<typeof deleteAssetsInput>;

/** Later than any replay lasts. */
const CUE_SECONDS_LIMIT = 1e9;
/** What the decimal fractions of two cues may lose when they are subtracted. */
const ROUNDING_SECONDS = 1e-6;
const cueSeconds = z.number().min(0, "must be 0 or more").max(CUE_SECONDS_LIMIT, `must be at most ${CUE_SECONDS_LIMIT}`);

export const createClipInput = z
  .object({
    assetId: z.string(),
    cueInSeconds: cueSeconds,
    cueOutSeconds: cueSeconds,
    frameAccurate: z.boolean().nullish(),
    name: nameText.nullish(),
    idempotencyKey: plainText(200).min(1, "must not be empty").nullish(),
  })
  .superRefine(({ cueInSeconds, cueOutSeconds }, context) => {
    const seconds = cueOutSeconds - cueInSeconds;
    const issue = (message: string) => context.addIssue({ code: "custom", message, path: ["cueOutSeconds"] });
    if (seconds < CLIP_SECONDS.least - ROUNDING_SECONDS) issue(`must be at least ${CLIP_SECONDS.least} seconds behind cueInSeconds`);
    if (seconds > CLIP_SECONDS.most + ROUNDING_SECONDS) issue(`must be at most ${CLIP_SECONDS.most} seconds behind cueInSeconds`);
  });
export type CreateClip = z.output<typeof createClipInput>;
