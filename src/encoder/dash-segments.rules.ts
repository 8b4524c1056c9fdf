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
/** Of what is not live, and in a manifest of a hostile server. */
const SEGMENT_LIMIT = 20_000;
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

/** The segments that can be fetched at this time, in seconds since the epoch. */
export function segmentsOf(manifest: DashManifest, kind: DashRepresentation["kind"], now: number): readonly DashSegment[] {
  const segments = bestOf(manifest, kind).flatMap((one) => listSegments(one, manifest.isLive, now));
  return segments.slice(manifest.isLive ? -LIVE_SEGMENTS : 0).slice(0, SEGMENT_LIMIT);
}

function listSegments(one: DashRepresentation, isLive: boolean, now: number): readonly DashSegment[] {
  const { template, period, baseUrl } = one;
  if (!template) return [];
  const places = template.timeline
    ? timelinePlaces(one, template, isLive ? now : null)
    : numberedPlaces(one, template, isLive ? now : null);
  const fill = (text: string, values: Readonly<Record<string, number>>): string =>
    new URL(fillTemplate(text, { RepresentationID: one.id, Bandwidth: one.bandwidth, ...values }), baseUrl).href;
  const { initialization } = template;
  return places.map(({ number, time, ticks }) => ({
    key: `${period} ${template.timeline ? time : number}`,
    url: fill(template.media, { Number: number, Time: time }),
    seconds: ticks / template.timescale,
    initializationUrl: initialization === null ? null : fill(initialization, {}),
  }));
}

interface Place {
  readonly number: number;
  /** Ticks. */
  readonly time: number;
  readonly ticks: number;
}

function timelinePlaces(one: DashRepresentation, { timeline, timescale, startNumber }: DashTemplate, now: number | null): readonly Place[] {
  const entries = timeline ?? [];
  const places: Place[] = [];
  const lastEnd = one.periodSeconds ?? (now === null ? 0 : now - one.periodStart);
  let time = 0;
  entries.forEach((entry, index) => {
    time = entry.time ?? time;
    const until = entries[index + 1]?.time ?? lastEnd * timescale;
    const repeats = entry.repeat >= 0 ? entry.repeat : Math.floor((until - time) / entry.duration) - 1;
    for (let repeat = 0; repeat <= repeats && places.length < SEGMENT_LIMIT; repeat += 1) {
      places.push({ number: startNumber + places.length, time, ticks: entry.duration });
      time += entry.duration;
    }
  });
  return places;
}

function numberedPlaces(one: DashRepresentation, { duration, timescale, startNumber }: DashTemplate, now: number | null): readonly Place[] {
  if (duration === null) return [];
  const segmentSeconds = duration / timescale;
  const whole = one.periodSeconds === null ? Infinity : Math.ceil(one.periodSeconds / segmentSeconds);
  const available = now === null ? whole : Math.floor((now - one.periodStart) / segmentSeconds) - LATE_SEGMENTS;
  const end = Math.max(0, Math.min(whole, available));
  if (!Number.isFinite(end)) return [];
  const first = Math.max(0, end - (now === null ? SEGMENT_LIMIT : LIVE_SEGMENTS));
  return Array.from({ length: end - first }, (_, index) => ({
    number: startNumber + first + index,
    time: (first + index) * duration,
    ticks: duration,
  }));
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
