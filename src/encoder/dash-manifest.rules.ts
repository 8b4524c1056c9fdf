import { readXml, type XmlElement } from "../shared/read-xml.ts";

/** One representation of a DASH period and how its segments are addressed. */
export interface DashRepresentation {
  /** The same through all manifests of a stream. */
  readonly period: string;
  readonly kind: "VIDEO" | "AUDIO";
  readonly id: string;
  readonly bandwidth: number;
  readonly isEncrypted: boolean;
  /** What its addresses begin from. */
  readonly baseUrl: string;
  /** By seconds since the epoch for what is live, else from 0. */
  readonly periodStart: number;
  /** Null while the period goes on. */
  readonly periodSeconds: number | null;
  readonly template: DashTemplate | null;
}

export interface DashTemplate {
  readonly initialization: string | null;
  readonly media: string;
  readonly timescale: number;
  readonly startNumber: number;
  /** Ticks of a segment; null when a timeline tells. */
  readonly duration: number | null;
  readonly timeline: readonly DashTimelineEntry[] | null;
}

export interface DashTimelineEntry {
  /** Ticks; null: where the one before ended. */
  readonly time: number | null;
  readonly duration: number;
  /** How often it comes again; -1: up to the next entry, or to the end. */
  readonly repeat: number;
}

export interface DashManifest {
  readonly isLive: boolean;
  /** Shortest time after which to ask again, in seconds. */
  readonly updateSeconds: number;
  /** Where to ask from then on; null for the same. */
  readonly location: string | null;
  /** Of all periods, in their order. */
  readonly representations: readonly DashRepresentation[];
}

const UPDATE_SECONDS = 2;
/** Of what is live, so many of the newest periods are looked into: an advertisement is one, and only the newest segments are asked for. */
const LIVE_PERIODS = 20;
const PERIOD_LIMIT = 500;
/** Of a period, and of each of those: more than any stream has. */
const SET_LIMIT = 30;
const REPRESENTATION_LIMIT = 30;

/** Reads a manifest that was found at this URL; null when it is none. */
export function readManifest(text: string, url: string): DashManifest | null {
  const root = readXml(text);
  if (root?.name !== "MPD") return null;
  const isLive = root.attributes["type"] === "dynamic";
  const base = baseOf(root, url);
  const availableFrom = isLive ? (Date.parse(root.attributes["availabilityStartTime"] ?? "") || 0) / 1_000 : 0;
  const presentationSeconds = seconds(root.attributes["mediaPresentationDuration"]);
  const periods = childrenOf(root, "Period");
  const isWanted = (index: number): boolean => (isLive ? index >= periods.length - LIVE_PERIODS : index < PERIOD_LIMIT);
  let end = 0;
  const representations = periods.flatMap((period, index) => {
    const start = seconds(period.attributes["start"]) ?? end;
    const next = seconds(periods[index + 1]?.attributes["start"]);
    const length = seconds(period.attributes["duration"]) ?? (next === null ? null : next - start);
    end = start + (length ?? 0);
    const whole = isLive || presentationSeconds === null ? length : (length ?? presentationSeconds - start);
    if (!isWanted(index)) return [];
    return readPeriod(period, {
      period: period.attributes["id"] ?? String(start),
      baseUrl: baseOf(period, base),
      periodStart: availableFrom + start,
      periodSeconds: whole,
    });
  });
  const location = childrenOf(root, "Location")[0]?.text;
  return {
    isLive,
    updateSeconds: seconds(root.attributes["minimumUpdatePeriod"]) ?? UPDATE_SECONDS,
    location: location !== undefined && URL.canParse(location, url) ? new URL(location, url).href : null,
    representations,
  };
}

type Place = Pick<DashRepresentation, "period" | "baseUrl" | "periodStart" | "periodSeconds">;

function readPeriod(period: XmlElement, place: Place): readonly DashRepresentation[] {
  return childrenOf(period, "AdaptationSet")
    .slice(0, SET_LIMIT)
    .filter((set) => !isTrick(set))
    .flatMap((set) =>
      childrenOf(set, "Representation")
        .slice(0, REPRESENTATION_LIMIT)
        .flatMap((representation) => {
          const kind = kindOf({ ...set.attributes, ...representation.attributes });
          if (kind === null) return [];
          const { id = "", bandwidth } = representation.attributes;
          return [
            {
              ...place,
              ...{ kind, id, bandwidth: Number(bandwidth) || 0 },
              isEncrypted: [set, representation].some((element) => childrenOf(element, "ContentProtection").length > 0),
              baseUrl: baseOf(representation, baseOf(set, place.baseUrl)),
              template: templateOf([period, set, representation]),
            },
          ];
        }),
    );
}

/** Pictures to wind by, and sheets of thumbnails. */
function isTrick(set: XmlElement): boolean {
  return childrenOf(set, "EssentialProperty").some(({ attributes }) => /trickmode|thumbnail/i.test(attributes["schemeIdUri"] ?? ""));
}

function kindOf({ contentType, mimeType = "" }: Readonly<Record<string, string>>): "VIDEO" | "AUDIO" | null {
  const isMp4 = mimeType === "" || mimeType.endsWith("/mp4");
  if (!isMp4) return null;
  if (contentType === "video" || mimeType.startsWith("video/")) return "VIDEO";
  return contentType === "audio" || mimeType.startsWith("audio/") ? "AUDIO" : null;
}

/** What stands further in counts more, attribute by attribute. */
function templateOf(elements: readonly XmlElement[]): DashTemplate | null {
  const templates = elements.flatMap((element) => childrenOf(element, "SegmentTemplate"));
  const attributes = Object.assign({}, ...templates.map((template) => template.attributes)) as Readonly<Record<string, string>>;
  const timeline = templates.flatMap((template) => childrenOf(template, "SegmentTimeline")).at(-1);
  const { media } = attributes;
  if (media === undefined) return null;
  return {
    initialization: attributes["initialization"] ?? null,
    media,
    timescale: positive(attributes["timescale"]) ?? 1,
    startNumber: count(attributes["startNumber"]) ?? 1,
    duration: positive(attributes["duration"]),
    timeline: timeline === undefined ? null : entriesOf(timeline),
  };
}

/** Read once, whatever the number of representations that share it. */
function entriesOf(timeline: XmlElement): readonly DashTimelineEntry[] {
  const entries = TIMELINES.get(timeline) ?? childrenOf(timeline, "S").flatMap(readEntry);
  TIMELINES.set(timeline, entries);
  return entries;
}

const TIMELINES = new WeakMap<XmlElement, readonly DashTimelineEntry[]>();

function readEntry({ attributes }: XmlElement): readonly DashTimelineEntry[] {
  const duration = positive(attributes["d"]);
  if (duration === null) return [];
  return [{ time: count(attributes["t"]), duration, repeat: attributes["r"] === "-1" ? -1 : (count(attributes["r"]) ?? 0) }];
}

/** By their names, sorted once: a set is looked through for each of its representations. */
function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  const known = CHILDREN.get(element);
  if (known) return known.get(name) ?? [];
  const byName = new Map<string, XmlElement[]>();
  for (const child of element.children) {
    const same = byName.get(child.name);
    if (same) same.push(child);
    else byName.set(child.name, [child]);
  }
  CHILDREN.set(element, byName);
  return byName.get(name) ?? [];
}

const CHILDREN = new WeakMap<XmlElement, ReadonlyMap<string, readonly XmlElement[]>>();

function baseOf(element: XmlElement, above: string): string {
  const text = childrenOf(element, "BaseURL")[0]?.text ?? "";
  return text !== "" && URL.canParse(text, above) ? new URL(text, above).href : above;
}

function count(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function positive(text: string | undefined): number | null {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value > 0 ? value : null;
}

/** Seconds of an ISO duration such as `PT1H2.5S`; null for anything else. */
function seconds(text: string | undefined): number | null {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text ?? "");
  if (!match) return null;
  const [days = 0, hours = 0, minutes = 0, rest = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return days * 86_400 + hours * 3_600 + minutes * 60 + rest;
}
