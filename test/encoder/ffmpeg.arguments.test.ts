import { describe, expect, it } from "vitest";
import { planEncoder } from "../../src/encoder/encoder-plan.ts";
import { DEFAULT_PRESETS, encoderArguments, type EncoderSettings } from "../../src/encoder/ffmpeg.arguments.ts";
import { multicastUrl } from "../../src/encoder/ffmpeg.outputs.ts";
import { declaredShape, outputFrameRate, videoFilter } from "../../src/encoder/ffmpeg.filters.ts";
import type { StreamFacts, VideoFacts } from "../../src/encoder/input-facts.ts";
import type { OutputLaunch } from "../../src/encoder/runner.ts";
import { fileOutput, httpOutput, passthrough, rendition } from "./media-harness.ts";

const video: VideoFacts = {
  ...{ codec: "h264", profile: "High", level: 40, width: 1920, height: 1080 },
  ...{ frameRate: { numerator: 25, denominator: 1 }, isInterlaced: false, pixelAspect: 1 },
};
const facts: StreamFacts = { video, audio: { codec: "aac", profile: "LC" } };
const settings: EncoderSettings = { presets: DEFAULT_PRESETS, coreCount: 4, startNumber: 1_000, runName: "r1", left: new Map() };

function argumentsOf(outputs: readonly OutputLaunch[], input = facts, own = settings): readonly string[] {
  const filesOf = (output: OutputLaunch): string[] => output.renditions.map((_, index) => `/files/it's [a|b] 100%/${index}.mkv`);
  const localUrlsOf = (output: OutputLaunch): readonly string[] => output.urls;
  return encoderArguments(planEncoder({ outputs, facts: input, filesOf, localUrlsOf }), own);
}
const valueOf = (list: readonly string[], option: string): string | undefined => list[list.indexOf(option) + 1];
const count = (list: readonly string[], item: string): number => list.filter((candidate) => candidate === item).length;

describe("the encoder's arguments", () => {
  it("encode each distinct rendition once, whatever the number of playbacks", () => {
    const small = rendition({ id: "r2", width: 640, height: 360 });
    const list = argumentsOf([
      httpOutput({ renditions: [rendition(), small], dashEnabled: true }),
      httpOutput({ playbackId: "second", renditions: [small] }),
      fileOutput({ renditions: [rendition({ id: "r9", name: "same as the first" })] }),
    ]);
    expect(list.filter((item) => item.startsWith("-c:v"))).toEqual(["-c:v:0", "-c:v:1"]);
    expect(list.filter((item) => item.startsWith("-c:a"))).toEqual(["-c:a:0"]);
    expect(count(list, "-i")).toBe(1);
    expect(valueOf(list, "-filter_complex")).toContain("[0:v:0]split=2[s0][s1]");
  });

  it.each([
    ["H264", "libx264"],
    ["H265", "libx265"],
    ["AV1", "libsvtav1"],
  ] as const)("encode %s with %s on the key frame grid", (videoCodec, encoder) => {
    const list = argumentsOf([httpOutput({ renditions: [rendition({ videoCodec, videoBitrateKbps: 700 })] })]);
    expect(valueOf(list, "-c:v:0")).toBe(encoder);
    expect(valueOf(list, "-b:v:0")).toBe("700k");
    if (videoCodec === "AV1") expect(valueOf(list, "-g:v:0")).toBe("50");
    else expect(valueOf(list, "-force_key_frames:v:0")).toBe("expr:gte(t,n_forced*2)");
  });

  it("copy what passes through, and decode nothing for it", () => {
    const list = argumentsOf([httpOutput({ renditions: [passthrough] }), fileOutput({ renditions: [passthrough] })]);
    expect(list).not.toContain("-filter_complex");
    expect(valueOf(list, "-c:v:0")).toBe("copy");
    expect(list.at(-1)).toContain("strict=unofficial]/files/it");
  });

  it.each([
    ["h264", "aac", "ts"],
    ["hevc", "aac", "m4s"],
    ["h264", "opus", "m4s"],
  ])("put a source of %s and %s into segments of the kind %s", (videoCodec, audioCodec, extension) => {
    const input = { video: { ...video, codec: videoCodec }, audio: { codec: audioCodec, profile: null } };
    const list = argumentsOf([httpOutput({ renditions: [passthrough] })], input);
    expect(valueOf(list, "-f") === "mpegts" && list.at(-1)).toContain(`/v0_%d.${extension}`);
  });

  it("leave out what the input has not", () => {
    const silent = argumentsOf([httpOutput({ dashEnabled: true })], { video, audio: null });
    expect(silent.some((item) => item.startsWith("-c:a") || item.includes("0:a"))).toBe(false);
    const blind = argumentsOf([httpOutput({ dashEnabled: true })], { video: null, audio: facts.audio });
    expect(blind.some((item) => item.startsWith("-c:v") || item.includes("0:v"))).toBe(false);
  });

  it("go on with playlists where there are some, counted on from their own numbers", () => {
    const output = httpOutput({ renditions: [passthrough, rendition()] });
    const begun = String(argumentsOf([output]).at(-1));
    expect([begun.match(/append_list/g), begun.match(/start_number=\d+/g)]).toEqual([null, ["start_number=1000", "start_number=1000"]]);
    const left = new Map([[`${output.pathToken}/v1.m3u8`, 77]]);
    const [first, second] = String(argumentsOf([output], facts, { ...settings, left }).at(-1)).split("|");
    expect(first).not.toContain("append_list");
    expect(first).toContain("start_number=1000");
    expect(second).toContain("append_list");
    expect(second).toContain("start_number=77");
  });

  it("send each rendition to its own receiver, behind a queue that nothing waits for", () => {
    const feed = (type: OutputLaunch["type"], own: Partial<OutputLaunch> = {}): OutputLaunch =>
      httpOutput({
        type,
        playbackId: type,
        hlsEnabled: false,
        urls: ["unix:/tmp/a", "unix:/tmp/b"],
        renditions: [passthrough, rendition()],
        ...own,
      });
    const list = argumentsOf([
      feed("SRT_PUSH", { serviceProvider: "One", programNumber: 7 }),
      feed("RTMP_PUSH"),
      feed("MULTICAST", { serviceProvider: "Two" }),
    ]);
    // What FLV copies has tags of its own, and two providers make two tees; what is encoded is decoded once.
    expect(list.filter((item) => item.startsWith("service_provider="))).toEqual(["service_provider=One", "service_provider=Two"]);
    expect(list.filter((item) => item.startsWith("-tag:v"))).toEqual(["-tag:v:0", "-tag:v:2", "-tag:v:0"]);
    expect(valueOf(list, "-filter_complex")).toContain("[0:v:0]split=2[s1][s1t1]");
    expect(count(list, "tee")).toBe(2);
    const [first = "", second = ""] = list.filter((_, index) => list[index - 2] === "-f" && list[index - 1] === "tee");
    expect(first.split("|").map((slave) => /f=(\w+)/.exec(slave)?.[1])).toEqual(["mpegts", "mpegts", "flv", "flv"]);
    for (const slave of [...first.split("|"), ...second.split("|")]) expect(slave).toMatch(/onfail=ignore.*use_fifo=1/);
    expect(first.match(/mpegts_service_id=7/g)).toHaveLength(2);
  });

  it("leave out a receiver that the source does not fit, and read it all the same", () => {
    const input = { video: { ...video, codec: "hevc" }, audio: facts.audio };
    const output = httpOutput({ type: "RTMP_PUSH", hlsEnabled: false, urls: ["unix:/tmp/a"], renditions: [passthrough] });
    expect(argumentsOf([output], input).slice(-6)).toEqual(["-map", "0", "-c", "copy", "-f", "null", "-"].slice(-6));
  });

  it("send a group's address on as it was written, with what a LAN needs", () => {
    expect(multicastUrl("udp://239.1.2.3:5000", null)).toBe("udp://239.1.2.3:5000?pkt_size=1316");
    expect(multicastUrl("udp://239.1.2.3:5000/?ttl=4&pkt_size=188", "10.0.0.1")).toBe(
      "udp://239.1.2.3:5000?ttl=4&pkt_size=188&localaddr=10.0.0.1",
    );
  });

  it("escape a path for the tee, which reads it as a list", () => {
    const list = argumentsOf([fileOutput()]);
    expect(list.at(-1)).toContain("/files/it\\'s\\ \\[a\\|b\\]\\ 100%/0.mkv");
    const parts = argumentsOf([fileOutput({ maxFileDurationSeconds: 300 })]);
    expect(parts.at(-1)).toContain("100%%/0-%03d.mkv");
    expect(parts.at(-1)).toContain("segment_time=300");
  });

  it("keep codecs and shapes of a DASH ladder apart, and near shapes together", () => {
    const renditions = [
      rendition({ width: 1280, height: 720 }),
      rendition({ id: "2", width: 854, height: 480 }),
      rendition({ id: "3", width: 640, height: 480 }),
      rendition({ id: "4", width: 1280, height: 720, videoCodec: "H265", audioCodec: "OPUS" }),
    ];
    const list = argumentsOf([httpOutput({ renditions, hlsEnabled: false, dashEnabled: true })]);
    expect(list.at(-1)).toContain("id=0,streams=0,1 id=1,streams=2 id=2,streams=3 id=3,streams=4 id=4,streams=5");
  });
});

describe("pictures", () => {
  it.each([
    [50, 25, 1, "25/1"],
    [25, 50, 1, "25/1"],
    [29.97, 30_000, 1001, "30000/1001"],
    [29.97, 60, 1, "30000/1001"],
    [30, 30_000, 1001, "30000/1001"],
    [12.5, 25, 1, "12500/1000"],
  ])("at %d frames a second from %d/%d come at %s", (wanted, numerator, denominator, expected) => {
    const rate = outputFrameRate(wanted, { numerator, denominator });
    expect(`${rate.numerator}/${rate.denominator}`).toBe(expected);
  });

  it("keep their aspect in the size that the template names, with even sides", () => {
    const filter = videoFilter(
      rendition({ width: 641, height: 361 }) as never,
      { ...video, isInterlaced: true, pixelAspect: 1.4222 },
      { width: 16, height: 9 },
    );
    expect(filter).toBe(
      "yadif=deint=interlaced,fps=25/1,scale=trunc(iw*sar/2)*2:ih,scale=640:360:force_original_aspect_ratio=decrease:force_divisible_by=2,pad=640:360:(ow-iw)/2:(oh-ih)/2,setdar=16/9,format=yuv420p",
    );
  });

  it("count as one shape when only rounding sets them apart", () => {
    expect(declaredShape({ width: 854, height: 480 }, [{ width: 1280, height: 720 }])).toEqual({ width: 1280, height: 720 });
    expect(declaredShape({ width: 640, height: 480 }, [{ width: 1280, height: 720 }])).toEqual({ width: 640, height: 480 });
  });
});
