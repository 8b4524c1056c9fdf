/** What an asset is. */
export const AssetKind = {
  RECORDING: "RECORDING",
  THUMBNAIL: "THUMBNAIL",
  MOTION_CLIP: "MOTION_CLIP",
  REPLAY: "REPLAY",
  CLIP: "CLIP",
} as const;
export type AssetKind = (typeof AssetKind)[keyof typeof AssetKind];

/**
 * How far an asset is:
 *
 *   IN_PROGRESS → READY    it is whole, and stays so
 *   IN_PROGRESS → FAILED   it could not be finished; one that is finished later after all is READY
 */
export const AssetStatus = { IN_PROGRESS: "IN_PROGRESS", READY: "READY", FAILED: "FAILED" } as const;
export type AssetStatus = (typeof AssetStatus)[keyof typeof AssetStatus];

/** Where the files of an asset are: in a directory of the encoder that made it, or in the object store. */
export const AssetLocation = { ENCODER: "ENCODER", OBJECT_STORE: "OBJECT_STORE" } as const;
export type AssetLocation = (typeof AssetLocation)[keyof typeof AssetLocation];

/** Whether there is something to open: a replay can be watched while it is made. */
export function canBeOpened({ kind, status }: { readonly kind: AssetKind; readonly status: AssetStatus }): boolean {
  return status === "READY" || (status === "IN_PROGRESS" && kind === "REPLAY");
}

/** Whether it may be shared: a clip is from the beginning, and its address opens once it is whole. */
export function canBeShared({ kind, status }: { readonly kind: AssetKind; readonly status: AssetStatus }): boolean {
  return canBeOpened({ kind, status }) || (status === "IN_PROGRESS" && kind === "CLIP");
}

/** Whether an asset is shared at this moment. */
export function isShared<Share extends { readonly shareToken: string | null; readonly shareExpiresAt: Date | null }>(
  share: Share,
  now: Date,
): share is Share & { readonly shareToken: string } {
  return share.shareToken !== null && (share.shareExpiresAt === null || share.shareExpiresAt > now);
}
