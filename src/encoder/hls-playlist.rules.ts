/** A variant of a master playlist, its addresses as they stand there. */
export interface HlsVariant {
  readonly uri: string;
  /** Its audio, where that has a playlist of its own. */
  readonly audioUri: string | null;
  readonly bandwidth: number;
}

export type HlsPlaylist =
  { readonly kind: "MASTER"; readonly variant: HlsVariant | null } | { readonly kind: "MEDIA"; readonly targetSeconds: number };

const TARGET_SECONDS_LIMIT = 60;

/** Reads what we need of a playlist: of a master the variant of most bandwidth, of a media playlist its pace. */
export function readPlaylist(text: string): HlsPlaylist {
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim());
  const variants = readVariants(lines);
  if (variants.length > 0 || lines.some((line) => line.startsWith("#EXT-X-STREAM-INF"))) {
    return { kind: "MASTER", variant: variants.toSorted((one, other) => other.bandwidth - one.bandwidth)[0] ?? null };
  }
  return {
    kind: "MEDIA",
    targetSeconds: Math.min(readNumber(lines, "#EXT-X-TARGETDURATION:") || 2, TARGET_SECONDS_LIMIT),
  };
}

function readVariants(lines: readonly string[]): HlsVariant[] {
  const audio = new Map<string, string>();
  for (const line of lines.filter((candidate) => candidate.startsWith("#EXT-X-MEDIA:"))) {
    const attributes = readAttributes(line);
    const { "GROUP-ID": group, URI: uri } = attributes;
    const isBetter = attributes["DEFAULT"] === "YES" || (group !== undefined && !audio.has(group));
    if (attributes["TYPE"] === "AUDIO" && group !== undefined && uri !== undefined && isBetter) audio.set(group, uri);
  }
  return lines.flatMap((line, index) => {
    if (!line.startsWith("#EXT-X-STREAM-INF:")) return [];
    const uri = lines.slice(index + 1).find((candidate) => candidate !== "" && !candidate.startsWith("#"));
    if (uri === undefined) return [];
    const attributes = readAttributes(line);
    return [{ uri, audioUri: audio.get(attributes["AUDIO"] ?? "") ?? null, bandwidth: Number(attributes["BANDWIDTH"]) || 0 }];
  });
}

function readAttributes(line: string): Readonly<Record<string, string>> {
  const pairs = line.slice(line.indexOf(":") + 1).matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g);
  return Object.fromEntries(Array.from(pairs, ([, name = "", value = ""]) => [name, value.replace(/^"|"$/g, "")]));
}

function readNumber(lines: readonly string[], tag: string): number {
  const text = lines.find((line) => line.startsWith(tag))?.slice(tag.length) ?? "";
  return Number(text) || 0;
}

/** A master playlist of one variant, for ffmpeg: what is not named here it does not fetch. */
export function masterPlaylist(uri: string, audioUri: string | null): string {
  const audio =
    audioUri === null ? [] : [`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",DEFAULT=YES,AUTOSELECT=YES,URI="${audioUri}"`];
  const attributes = audioUri === null ? "BANDWIDTH=1" : 'BANDWIDTH=1,AUDIO="audio"';
  return ["#EXTM3U", ...audio, `#EXT-X-STREAM-INF:${attributes}`, uri, ""].join("\n");
}
