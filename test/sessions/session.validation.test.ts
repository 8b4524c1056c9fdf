import { describe, expect, it } from "vitest";
import { createSessionInput, type SessionCandidate } from "../../src/sessions/session.input.ts";
import { validateSession, type ValidationFacts } from "../../src/sessions/session.validation.ts";
import type { RenditionSettings, TemplateFacts } from "../../src/templates/template.rules.ts";

const ladder = (count: number, videoCodec: "H264" | "H265" | "AV1" = "H264"): RenditionSettings[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `rendition_${index}`,
    name: `rung ${index}`,
    isPassthrough: false,
    videoCodec,
    width: 640,
    height: 360,
    videoBitrateKbps: 800,
    frameRate: 25,
    audioCodec: "AAC",
    audioBitrateKbps: 128,
  }));
const template = (id: string, renditions: readonly RenditionSettings[], isDefault = false): TemplateFacts => ({
  id,
  name: id,
  nameKey: id,
  isDefault,
  version: 1,
  renditions,
});
const FACTS: ValidationFacts = {
  templates: new Map(
    [
      template("one", ladder(1), true),
      template("two", ladder(2)),
      template("av1", ladder(1, "AV1")),
      template("hevc", ladder(1, "H265")),
    ].map((facts) => [facts.id, facts]),
  ),
  defaultTemplateId: "one",
  defaultRegion: "local",
  network: { allowedNetworks: [] },
};

const HTTP = { name: "web", type: "HTTP", hlsEnabled: true };
const MULTICAST = { type: "MULTICAST_PULL", urlA: "udp://239.1.0.134:5000" };

function check(source: object, playbacks: readonly object[] = [HTTP], rest: object = {}) {
  const candidate: SessionCandidate = createSessionInput.parse({ name: "Channel 1", source, playbacks, ...rest });
  return validateSession(candidate, FACTS);
}

const errorsOf = (result: ReturnType<typeof check>) => (result.errors ?? []).map((error) => `${error.code} ${error.path.join(".")}`);

describe("the rules of an input", () => {
  it.each<[string, object, string[]]>([
    ["multicast with its URL", MULTICAST, []],
    ["multicast without a URL", { type: "MULTICAST_PULL" }, ["REQUIRED source.urlA"]],
    ["multicast of a unicast address", { type: "MULTICAST_PULL", urlA: "udp://198.51.100.7:5000" }, ["URL_NOT_ALLOWED source.urlA"]],
    ["multicast by the wrong scheme", { type: "MULTICAST_PULL", urlA: "https://example.org/a.m3u8" }, ["INVALID_VALUE source.urlA"]],
    ["multicast with a backup", { ...MULTICAST, urlB: "udp://239.1.0.135:5000" }, []],
    ["a backup that is the primary", { ...MULTICAST, urlB: MULTICAST.urlA }, ["INVALID_VALUE source.urlB"]],
    ["failover without a backup", { ...MULTICAST, failover: { recoveryIntervalSeconds: 120 } }, ["REQUIRED source.urlB"]],
    [
      "a backup where there is none",
      { type: "HLS_PULL", urlA: "https://example.org/a.m3u8", urlB: "https://example.org/b.m3u8" },
      ["FAILOVER_NOT_SUPPORTED source.urlB"],
    ],
    ["a push input with a URL", { type: "RTMP_PUSH", urlA: "rtmp://example.org/live" }, ["NOT_APPLICABLE source.urlA"]],
    ["a push input with its own key", { type: "RTMP_PUSH", customStreamKey: "channel-one" }, []],
    ["a stream key on a pull input", { ...MULTICAST, customStreamKey: "channel-one" }, ["NOT_APPLICABLE source.customStreamKey"]],
    ["encryption of an SRT push", { type: "SRT_PUSH", srtEncryptionEnabled: true }, []],
    ["a passphrase without encryption", { type: "SRT_PUSH", srtPassphrase: "0123456789" }, ["NOT_APPLICABLE source.srtPassphrase"]],
    ["encryption of an RTMP push", { type: "RTMP_PUSH", srtEncryptionEnabled: true }, ["NOT_APPLICABLE source.srtEncryptionEnabled"]],
    ["SCTE-35 of an HLS pull", { type: "HLS_PULL", urlA: "https://example.org/a.m3u8", hlsScte35PassthroughEnabled: true }, []],
    ["SCTE-35 of multicast", { ...MULTICAST, hlsScte35PassthroughEnabled: true }, ["NOT_APPLICABLE source.hlsScte35PassthroughEnabled"]],
    ["the loopback address", { type: "SRT_PULL", urlA: "srt://127.0.0.1:9000" }, ["URL_NOT_ALLOWED source.urlA"]],
    ["a capture card", { type: "CAPTURE_CARD" }, []],
  ])("%s", (_name, source, expected) => {
    expect(errorsOf(check(source))).toEqual(expected);
  });

  it("turns failover on with 120 seconds when a backup is given without an interval", () => {
    const result = check({ ...MULTICAST, urlB: "udp://239.1.0.135:5000" });
    expect(result.draft?.source.failover).toEqual({ recoveryIntervalSeconds: 120, errorThresholdPercent: null });
  });

  it.each([-2, 0, 119, 2 ** 31, 120.5])("refuses a recovery interval of %s", (recoveryIntervalSeconds) => {
    expect(() => check({ ...MULTICAST, urlB: "udp://239.1.0.135:5000", failover: { recoveryIntervalSeconds } })).toThrow();
  });

  it.each([0, 0.009, 100.1])("refuses an error threshold of %s", (errorThresholdPercent) => {
    const failover = { recoveryIntervalSeconds: -1, errorThresholdPercent };
    expect(() => check({ ...MULTICAST, urlB: "udp://239.1.0.135:5000", failover })).toThrow();
  });
});

describe("the rules of an output", () => {
  it.each<[string, object, string[]]>([
    ["HTTP with HLS", HTTP, []],
    ["HTTP with neither HLS nor DASH", { name: "web", type: "HTTP" }, ["REQUIRED playbacks.0.hlsEnabled"]],
    ["HTTP with a URL", { ...HTTP, urls: ["https://example.org/"] }, ["URL_COUNT playbacks.0.urls"]],
    ["an unknown template", { ...HTTP, templateId: "none" }, ["NOT_FOUND playbacks.0.templateId"]],
    [
      "a multicast group for each rendition",
      { name: "m", type: "MULTICAST", templateId: "two", urls: ["udp://239.1.1.1:5000", "udp://239.1.1.2:5000"] },
      [],
    ],
    ["too few groups", { name: "m", type: "MULTICAST", templateId: "two", urls: ["udp://239.1.1.1:5000"] }, ["URL_COUNT playbacks.0.urls"]],
    [
      "HLS on a multicast",
      { name: "m", type: "MULTICAST", urls: ["udp://239.1.1.1:5000"], hlsEnabled: true },
      ["NOT_APPLICABLE playbacks.0.hlsEnabled"],
    ],
    ["a program number on HTTP", { ...HTTP, programNumber: 259 }, ["NOT_APPLICABLE playbacks.0.programNumber"]],
    ["a file", { name: "f", type: "FILE", fileFormat: "MKV", urls: ["shows/one two.mkv"] }, []],
    ["a file without its format", { name: "f", type: "FILE", urls: ["shows/one.mkv"] }, ["REQUIRED playbacks.0.fileFormat"]],
    ["a file outside", { name: "f", type: "FILE", fileFormat: "MKV", urls: ["../one.mkv"] }, ["URL_NOT_ALLOWED playbacks.0.urls.0"]],
    ["a file format on HTTP", { ...HTTP, fileFormat: "MP4" }, ["NOT_APPLICABLE playbacks.0.fileFormat"]],
    [
      "AV1 over RTMP",
      { name: "r", type: "RTMP_PUSH", templateId: "av1", urls: ["rtmp://live.example.org/live/key"] },
      ["NOT_APPLICABLE playbacks.0.templateId"],
    ],
    [
      "H.265 over RTMP",
      { name: "r", type: "RTMP_PUSH", templateId: "hevc", urls: ["rtmp://live.example.org/live/key"] },
      ["NOT_APPLICABLE playbacks.0.templateId"],
    ],
    [
      "AV1 in MPEG-TS",
      { name: "m", type: "MULTICAST", templateId: "av1", urls: ["udp://239.1.1.1:5000"] },
      ["NOT_APPLICABLE playbacks.0.templateId"],
    ],
  ])("%s", (_name, playback, expected) => {
    expect(errorsOf(check(MULTICAST, [playback]))).toEqual(expected);
  });

  it.each([0, 65_536, 1.5])("refuses program number %s", (programNumber) => {
    expect(() => check(MULTICAST, [{ name: "m", type: "MULTICAST", urls: ["udp://239.1.1.1:5000"], programNumber }])).toThrow();
  });

  it.each([0, 299, 301, 43_500])("refuses a file duration of %s seconds", (maxFileDurationSeconds) => {
    expect(() => check(MULTICAST, [{ name: "f", type: "FILE", fileFormat: "MKV", urls: ["a.mkv"], maxFileDurationSeconds }])).toThrow();
  });

  it("tells names and files that two playbacks share", () => {
    const file = { type: "FILE", fileFormat: "MKV", urls: ["a.mkv"] };
    expect(
      errorsOf(
        check(MULTICAST, [
          { ...file, name: "One" },
          { ...file, name: " one", urls: ["A.mkv"] },
        ]),
      ),
    ).toEqual(["DUPLICATE_NAME playbacks.1.name", "INVALID_VALUE playbacks.1.urls.0"]);
  });

  it("tells everything that is wrong at once", () => {
    const result = check({ type: "MULTICAST_PULL" }, [{ name: "web", type: "HTTP" }], {
      streamRemap: [{ priority: 1, type: "AUDIO", language: "eng", mode: "PASSTHROUGH" }],
    });
    expect(errorsOf(result)).toEqual(["REQUIRED source.urlA", "REQUIRED streamRemap", "REQUIRED playbacks.0.hlsEnabled"]);
  });
});

describe("a stream remap", () => {
  const VIDEO = { priority: 1, type: "VIDEO", language: "any", mode: "PASSTHROUGH" };

  it("is for multicast alone", () => {
    expect(errorsOf(check({ type: "HLS_PULL", urlA: "https://example.org/a.m3u8" }, [HTTP], { streamRemap: [VIDEO] }))).toEqual([
      "NOT_APPLICABLE streamRemap",
    ]);
  });

  it("keeps a video stream", () => {
    expect(errorsOf(check(MULTICAST, [HTTP], { streamRemap: [VIDEO] }))).toEqual([]);
    expect(errorsOf(check(MULTICAST, [HTTP], { streamRemap: [{ ...VIDEO, mode: "DROP" }] }))).toEqual(["REQUIRED streamRemap"]);
  });
});
