import type { DashManifest, DashRepresentation, DashTemplate } from "./dash-manifest.rules.ts";

/** One segment of a DASH stream, as an HLS playlist names it. */
export interface DashSegment {
  /** The same for the same segment in every manifest. */
  readonly key: string;
  readonly url: string;
  readonly seconds: number;
  /** The headers that it needs. */
  readonly initializationUrl: string | null;
}

/** Of what is live, so many of the newest segments are named. */
const LIVE_SEGMENTS = 10;
/** Of what is not live, so many of the first ones. */
const SEGMENT_LIMIT = 5_000;
/** Clocks differ: what should just have become available is asked for a segment later. */
const LATE_SEGMENTS = 1;

/** Of each period the representation of most bandwidth, with segments that can be named. */
export function bestOf(manifest: DashManifest, kind: DashRepresentation["kind"]): readonly DashRepresentation[] {
  const best = new Map<string, DashRepresentation>();
  for (const one of manifest.representations.filter(
    (candidate) => candidate.kind === kind && candidate.template && !candidate.isEncrypted,
  )) {
    if (one.bandwidth > (best.get(one.period)?.bandwidth ?? -1)) best.set(one.period, one);
  }
  return [...best.values()];
}

/** The segments that can be fetched at this time, in seconds since the epoch. No more are counted out than are named. */
export function segmentsOf(manifest: DashManifest, kind: DashRepresentation["kind"], now: number): readonly DashSegment[] {
  const { isLive } = manifest;
  const representations = bestOf(manifest, kind);
  const segments: DashSegment[][] = [];
  let wanted = isLive ? LIVE_SEGMENTS : SEGMENT_LIMIT;
  for (const one of isLive ? representations.toReversed() : representations) {
    if (wanted <= 0) break;
    const found = listSegments(one, isLive ? now : null, wanted);
    segments.push(found);
    wanted -= found.length;
  }
  return (isLive ? segments.toReversed() : segments).flat();
}

/** So many of the last segments by now, or of the first ones where nothing is live. */
function listSegments(one: DashRepresentation, now: number | null, wanted: number): DashSegment[] {
  const { template, period, baseUrl } = one;
  if (!template) return [];
  const runs = template.timeline ? timelineRuns(one, template, now) : numberedRuns(one, template, now);
  const fill = (text: string, values: Readonly<Record<string, number>>): string =>
    new URL(fillTemplate(text, { RepresentationID: one.id, Bandwidth: one.bandwidth, ...values }), baseUrl).href;
  const { initialization } = template;
  const initializationUrl = initialization === null ? null : fill(initialization, {});
  return placesOf(runs, now === null ? "FIRST" : "LAST", wanted).map(({ number, time, ticks }) => ({
    key: `${period} ${template.timeline ? time : number}`,
    url: fill(template.media, { Number: number, Time: time }),
    seconds: ticks / template.timescale,
    initializationUrl,
  }));
}

interface Place {
  readonly number: number;
  /** Ticks. */
  readonly time: number;
  readonly ticks: number;
}

/** Places of one length, one after the other; the first of them, and how many there are. */
interface Run extends Place {
  readonly count: number;
}

function placesOf(runs: readonly Run[], end: "FIRST" | "LAST", wanted: number): readonly Place[] {
  const places: Place[] = [];
  for (const { number, time, ticks, count } of end === "FIRST" ? runs : runs.toReversed()) {
    const taken = Math.min(count, wanted - places.length);
    for (let index = 0; index < taken; index += 1) {
      const at = end === "FIRST" ? index : count - 1 - index;
      places.push({ number: number + at, time: time + at * ticks, ticks });
    }
    if (places.length >= wanted) break;
  }
  return end === "FIRST" ? places : places.toReversed();
}

function timelineRuns(one: DashRepresentation, { timeline, timescale, startNumber }: DashTemplate, now: number | null): readonly Run[] {
  const entries = timeline ?? [];
  const lastEnd = one.periodSeconds ?? (now === null ? 0 : now - one.periodStart);
  let [time, number] = [0, startNumber];
  return entries.map(({ time: given, duration: ticks, repeat }, index) => {
    time = given ?? time;
    const until = entries[index + 1]?.time ?? lastEnd * timescale;
    const run = { number, time, ticks, count: Math.max(0, repeat >= 0 ? repeat + 1 : Math.floor((until - time) / ticks)) };
    time += run.count * ticks;
    number += run.count;
    return run;
  });
}

function numberedRuns(one: DashRepresentation, { duration, timescale, startNumber }: DashTemplate, now: number | null): readonly Run[] {
  if (duration === null) return [];
  const segmentSeconds = duration / timescale;
  const whole = one.periodSeconds === null ? Infinity : Math.ceil(one.periodSeconds / segmentSeconds);
  const available = now === null ? whole : Math.floor((now - one.periodStart) / segmentSeconds) - LATE_SEGMENTS;
  const count = Math.max(0, Math.min(whole, available));
  return Number.isFinite(count) ? [{ number: startNumber, time: 0, ticks: duration, count }] : [];
}

const IDENTIFIER = /\$(?:(RepresentationID|Number|Time|Bandwidth)(?:%0(\d{1,2})d)?)?\$/g;

function fillTemplate(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(IDENTIFIER, (_, name: string | undefined, width: string | undefined) => {
    if (name === undefined) return "$";
    return String(values[name] ?? "").padStart(Number(width ?? 0), "0");
  });
}

/** Gives segments the numbers that HLS counts them by, each the same as long as it is there. */
export class SegmentNumbering {
  #numbers = new Map<string, number>();
  #next = 0;

  /** The number of the first of these. */
  number(segments: readonly DashSegment[]): number {
    const numbers = new Map<string, number>();
    for (const { key } of segments) {
      const number = this.#numbers.get(key) ?? this.#next;
      this.#next = Math.max(this.#next, number + 1);
      numbers.set(key, number);
    }
    this.#numbers = numbers;
    return numbers.values().next().value ?? this.#next;
  }
}

/** The segments as an HLS playlist, absolute addresses in it. */
export function renderPlaylist(segments: readonly DashSegment[], firstNumber: number, isLive: boolean): string {
  const target = Math.max(1, Math.ceil(segments.reduce((most, { seconds }) => Math.max(most, seconds), 0)));
  let initialization: string | null = null;
  const lines = segments.flatMap(({ url, seconds, initializationUrl }) => {
    const isOther = initializationUrl !== initialization;
    initialization = initializationUrl;
    return [
      ...(isOther && initializationUrl !== null ? [`#EXT-X-MAP:URI="${initializationUrl}"`] : []),
      `#EXTINF:${seconds.toFixed(6)},`,
      url,
    ];
  });
  const head = ["#EXTM3U", "#EXT-X-VERSION:7", `#EXT-X-TARGETDURATION:${target}`, `#EXT-X-MEDIA-SEQUENCE:${firstNumber}`];
  return [...head, ...lines, ...(isLive ? [] : ["#EXT-X-ENDLIST"]), ""].join("\n");
}
