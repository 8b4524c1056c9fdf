/** A variant of a master playlist, its addresses as they stand there. */
export interface HlsVariant {
  readonly uri: string;
  /** Its audio, where that has a playlist of its own. */
  readonly audioUri: string | null;
  readonly bandwidth: number;
}

export type HlsPlaylist =
  | { readonly kind: "MASTER"; readonly variant: HlsVariant | null }
  | {
      readonly kind: "MEDIA";
      readonly targetSeconds: number;
      /** Another text once another segment is the newest; null where none will follow. */
      readonly edge: string | null;
    };

const TARGET_SECONDS_LIMIT = 60;
const VARIANT_LIMIT = 200;
/** A day of segments of 6 s, with three lines each; a hostile server may send as many lines as bytes. */
const LINE_LIMIT = 60_000;

/** The lines of a playlist; null when there are more than any playlist needs. */
export function splitLines(text: string): readonly string[] | null {
  const lines = text.split(/\r\n|\n|\r/, LINE_LIMIT + 1);
  return lines.length > LINE_LIMIT ? null : lines;
}

/** Reads what we need of a playlist: of a master the variant of most bandwidth, of a media playlist its pace. */
export function readPlaylist(text: readonly string[]): HlsPlaylist {
  const lines = text.map((line) => line.trim());
  if (lines.some((line) => line.startsWith("#EXT-X-STREAM-INF"))) {
    return { kind: "MASTER", variant: readVariants(lines).toSorted((one, other) => other.bandwidth - one.bandwidth)[0] ?? null };
  }
  return {
    kind: "MEDIA",
    targetSeconds: Math.min(readNumber(lines, "#EXT-X-TARGETDURATION:") || 2, TARGET_SECONDS_LIMIT),
    edge: lines.some((line) => line.startsWith("#EXT-X-ENDLIST")) ? null : readEdge(lines),
  };
}

/** The number and the name of the newest segment, without what may be signed anew each time. */
function readEdge(lines: readonly string[]): string {
  const names = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const number = readNumber(lines, "#EXT-X-MEDIA-SEQUENCE:") + names.length;
  return `${number} ${names.at(-1)?.split(/[?#]/, 1)[0] ?? ""}`;
}

/** Those at the front, should there be more of them than anybody offers. */
function readVariants(lines: readonly string[]): readonly HlsVariant[] {
  const audio = readAudio(lines.filter((line) => line.startsWith("#EXT-X-MEDIA:")).slice(0, VARIANT_LIMIT));
  const variants: HlsVariant[] = [];
  let attributes: Readonly<Record<string, string>> | null = null;
  for (const line of lines) {
    if (line.startsWith("#EXT-X-STREAM-INF:")) attributes = readAttributes(line);
    if (line === "" || line.startsWith("#") || !attributes) continue;
    const { AUDIO: group = "", BANDWIDTH: bandwidth } = attributes;
    variants.push({ uri: line, audioUri: audio.get(group) ?? null, bandwidth: Number(bandwidth) || 0 });
    attributes = null;
    if (variants.length === VARIANT_LIMIT) break;
  }
  return variants;
}

/** Where the sound of each group stands. */
function readAudio(lines: readonly string[]): ReadonlyMap<string, string> {
  const audio = new Map<string, string>();
  for (const line of lines) {
    const attributes = readAttributes(line);
    const { "GROUP-ID": group, URI: uri } = attributes;
    const isBetter = attributes["DEFAULT"] === "YES" || (group !== undefined && !audio.has(group));
    if (attributes["TYPE"] === "AUDIO" && group !== undefined && uri !== undefined && isBetter) audio.set(group, uri);
  }
  return audio;
}

/** The attributes of a tag, quotes left out, in time linear in its length. */
export function readAttributes(line: string): Readonly<Record<string, string>> {
  const pairs = line.slice(line.indexOf(":") + 1).matchAll(/(?:^|,)\s*([A-Z0-9-]+)=("[^"]*"|[^,]*)/g);
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
