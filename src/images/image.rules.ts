/** What a picture of a session is for. */
export const ImageKind = { COVER: "COVER", SLATE: "SLATE" } as const;
export type ImageKind = (typeof ImageKind)[keyof typeof ImageKind];
