/** What the segments of a media playlist end with. */
export const SEGMENT_EXTENSIONS = { TS: "ts", FMP4: "m4s" } as const;

/** The media playlist of a variant, beside the master playlist that names it. */
export function playlistName(variantName: string): string {
  return `${variantName}.m3u8`;
}

/** The same within the live directory. */
export function playlistPath(token: string, variantName: string): string {
  return `${token}/${playlistName(variantName)}`;
}
