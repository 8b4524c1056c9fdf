import { describe, expect, it } from "vitest";
import { renditionFitsOutput } from "../../src/playbacks/output-fit.rules.ts";
import { OutputType } from "../../src/playbacks/playback.rules.ts";
import type { AudioCodec, RenditionSettings, VideoCodec } from "../../src/templates/template.rules.ts";

function rendition(videoCodec: VideoCodec, audioCodec: AudioCodec): RenditionSettings {
  const size = { width: 1280, height: 720, videoBitrateKbps: 3000, frameRate: 25, audioBitrateKbps: 128 };
  return { id: "rendition_1", name: "720p", isPassthrough: false, videoCodec, audioCodec, ...size };
}

describe("codecs and outputs", () => {
  it.each([
    ["HTTP", "H264 H265 AV1", "AAC OPUS"],
    ["CMAF_PUSH", "H264 H265 AV1", "AAC OPUS"],
    ["FILE", "H264 H265 AV1", "AAC OPUS"],
    ["SRT_PUSH", "H264 H265", "AAC OPUS"],
    ["MULTICAST", "H264 H265", "AAC OPUS"],
    ["RTMP_PUSH", "H264", "AAC"],
    ["MEDIAPACKAGE_V2", "H264 H265", "AAC"],
    ["WHIP", "H264 H265 AV1", "OPUS"],
    ["CAPTURE_CARD", "H264 H265 AV1", "AAC OPUS"],
  ] as const)("%s takes %s with %s", (type, video, audio) => {
    for (const videoCodec of ["H264", "H265", "AV1"] as const) {
      for (const audioCodec of ["AAC", "OPUS"] as const) {
        const fits = video.split(" ").includes(videoCodec) && audio.split(" ").includes(audioCodec);
        expect(renditionFitsOutput(rendition(videoCodec, audioCodec), type) === null, `${videoCodec} ${audioCodec}`).toBe(fits);
      }
    }
  });

  it("leave passthrough to the moment when the input is known", () => {
    for (const type of Object.values(OutputType)) {
      expect(renditionFitsOutput({ id: "rendition_1", name: "source", isPassthrough: true }, type)).toBeNull();
    }
  });

  it("tell what would fit", () => {
    expect(renditionFitsOutput(rendition("AV1", "AAC"), "RTMP_PUSH")).toBe(
      "The rendition “720p” cannot be sent to a RTMP_PUSH output: RTMP does not carry AV1. It carries H264.",
    );
  });
});
