import { describe, expect, it } from "vitest";
import { explainUnsupported, type OnlineEncoder, type SessionNeeds } from "../../src/encoder/encoder.rules.ts";

const full: OnlineEncoder = {
  id: "encoder_1",
  name: "one",
  region: "local",
  supportedInputs: ["MULTICAST_PULL", "SRT_PULL", "HLS_PULL"],
  supportedOutputs: ["HTTP", "FILE"],
  supportedVideoCodecs: ["H264"],
  supportedAudioCodecs: ["AAC"],
  missing: [],
};
const withoutSrt: OnlineEncoder = {
  ...full,
  id: "encoder_2",
  supportedInputs: ["MULTICAST_PULL", "HLS_PULL"],
  missing: ["ffmpeg has no srt protocol, so SRT_PULL cannot run.", "ffmpeg has no libsvtav1 encoder, so AV1 cannot run."],
};
const needs: SessionNeeds = { region: "local", inputType: "SRT_PULL", outputTypes: ["HTTP"], videoCodecs: ["H264"], audioCodecs: ["AAC"] };

describe("explainUnsupported", () => {
  const cases: readonly [string, readonly OnlineEncoder[], SessionNeeds, string | null][] = [
    ["nobody is online", [], needs, null],
    ["only another region is online", [{ ...withoutSrt, region: "eu" }], needs, null],
    ["one can", [full], needs, null],
    ["one of two can", [withoutSrt, full], needs, null],
    [
      "the only one lacks the input, and says why",
      [withoutSrt],
      needs,
      "The encoder of region local cannot run SRT_PULL input. ffmpeg has no srt protocol, so SRT_PULL cannot run.",
    ],
    [
      "none of two can, and the closest one is told of",
      [withoutSrt, full],
      { ...needs, outputTypes: ["WHIP", "HTTP", "WHIP"] },
      "None of the 2 encoders of region local can run WHIP output.",
    ],
    [
      "several things lack",
      [full],
      { region: "local", inputType: "CAPTURE_CARD", outputTypes: ["CMAF_PUSH"], videoCodecs: ["AV1"], audioCodecs: ["OPUS"] },
      "The encoder of region local cannot run CAPTURE_CARD input, CMAF_PUSH output, AV1 video and OPUS audio.",
    ],
    [
      "it can run nothing at all, and says why",
      [
        {
          ...full,
          supportedInputs: [],
          supportedOutputs: [],
          supportedVideoCodecs: [],
          missing: ["There is no ffmpeg on the PATH: no session can be run here."],
        },
      ],
      { ...needs, audioCodecs: [] },
      "The encoder of region local cannot run SRT_PULL input, HTTP output and H264 video. There is no ffmpeg on the PATH: no session can be run here.",
    ],
    ["passthrough wants no codec", [full], { ...needs, videoCodecs: [], audioCodecs: [] }, null],
  ];

  it.each(cases)("%s", (_name, encoders, wanted, sentence) => {
    expect(explainUnsupported(encoders, wanted)).toBe(sentence);
  });
});
