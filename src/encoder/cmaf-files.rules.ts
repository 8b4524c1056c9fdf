/** A playlist or manifest with what it said when it was read. */
export interface CmafPlaylist {
  readonly name: string;
  readonly text: string;
}

export type CmafName =
  | { readonly kind: "PLAYLIST" }
  /** Which encoder process wrote it, which of its streams it belongs to, and its number; a header has none. */
  | { readonly kind: "MEDIA"; readonly stream: string; readonly number: number | null }
  /** Not whole yet. */
  | { readonly kind: "OTHER" };

/** What a file is that the encoder wrote for CMAF ingest. */
export function readCmafName(name: string): CmafName {
  if (/^[a-z0-9_]+\.(m3u8|mpd)$/.test(name)) return { kind: "PLAYLIST" };
  const [, stream = "", number] = /^(r[a-z0-9]+_\d+)(?:_(\d+)\.m4s|\.init)$/.exec(name) ?? [];
  return stream === "" ? { kind: "OTHER" } : { kind: "MEDIA", stream, number: number === undefined ? null : Number(number) };
}

export interface CmafFiles {
  /** To be sent, in this order: headers, then fragments as they were made. */
  readonly wanted: readonly string[];
  /** Sent before, and removed by the encoder since. */
  readonly gone: readonly string[];
}

/** Of the files that are there, those that the receiver needs: what a playlist names or will name next, and what it has not got. */
export function cmafFiles(playlists: readonly CmafPlaylist[], names: readonly string[], sent: ReadonlySet<string>): CmafFiles {
  const oldest = new Map<string, number>();
  for (const { text } of playlists) {
    for (const [name] of text.matchAll(/^r[a-z0-9]+_\d+_\d+\.m4s$/gm)) {
      const { stream, number } = mediaOf(name);
      oldest.set(stream, Math.min(oldest.get(stream) ?? Infinity, number ?? Infinity));
    }
  }
  const isNeeded = (name: string): boolean => {
    const { stream, number } = mediaOf(name);
    const first = oldest.get(stream);
    return first !== undefined && (number === null || number >= first);
  };
  const media = names.filter((name) => readCmafName(name).kind === "MEDIA");
  const there = new Set(names);
  return {
    wanted: media.filter((name) => isNeeded(name) && !sent.has(name)).toSorted((one, other) => rank(one) - rank(other)),
    gone: [...sent].filter((name) => !there.has(name)),
  };
}

function mediaOf(name: string): { readonly stream: string; readonly number: number | null } {
  const read = readCmafName(name);
  return read.kind === "MEDIA" ? read : { stream: "", number: null };
}

function rank(name: string): number {
  return mediaOf(name).number ?? -1;
}
