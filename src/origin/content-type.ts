export interface FileDescription {
  readonly contentType: string;
  readonly cacheControl: string;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  m3u8: "application/vnd.apple.mpegurl",
  mpd: "application/dash+xml",
  ts: "video/mp2t",
  m4s: "video/iso.segment",
  mp4: "video/mp4",
  mkv: "video/x-matroska",
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  srt: "application/x-subrip",
};

/** Playlists change with every segment. */
const CHANGING = "no-cache, no-store, must-revalidate";
/** Segments never change, and their names are never used again. */
const NEVER_CHANGING = "public, max-age=3600, immutable";
/** HLS initialization segments keep their name when an encoder begins anew. */
const SELDOM_CHANGING = "public, max-age=2, must-revalidate";

/** How a media file is sent, by its name. */
export function describeFile(name: string): FileDescription {
  const extension = name.slice(name.lastIndexOf(".") + 1);
  const contentType = contentTypeOf(name);
  if (extension === "m3u8" || extension === "mpd") return { contentType, cacheControl: CHANGING };
  return { contentType, cacheControl: extension === "mp4" ? SELDOM_CHANGING : NEVER_CHANGING };
}

/** The media type of a file, by its name. */
export function contentTypeOf(name: string): string {
  return CONTENT_TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
}
