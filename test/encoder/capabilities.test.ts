import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findCapabilities } from "../../src/encoder/capabilities.ts";
import { deriveAbilities, type FfmpegListings } from "../../src/encoder/capabilities.rules.ts";

const whole: FfmpegListings = {
  version: "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers\nbuilt with gcc 12",
  protocols:
    "Supported file protocols:\nInput:\n  file\n  http\n  https\n  httpproxy\n  pipe\n  rtmp\n  srt\n  tcp\n  tls\n  udp\n  unix\nOutput:\n  file\n  rtmp\n",
  encoders:
    "Encoders:\n V..... = Video\n ------\n V....D libx264              x\n V....D libx265  x\n V..... libsvtav1  x\n A....D aac   AAC\n A....D libopus   Opus\n",
  muxers:
    "File formats:\n D. = Demuxing supported\n --\n  E dash   DASH\n  E data   d\n  E fifo   F\n  E flv   FLV\n  E hls   HLS\n  E matroska   M\n  E mp4   MP4\n  E mpegts  TS\n  E segment  s\n  E tee  t\n",
  demuxers:
    "File formats:\n --\n D  concat   c\n D  data   d\n D  flv   FLV\n D  hls    HLS\n D  matroska,webm   m\n D  mov,mp4,m4a   M\n D  mpegts    TS\n D  rtsp   R\n",
};

describe("abilities of an ffmpeg, by its own listings", () => {
  it("has all that the engine runs, and nothing that it does not", () => {
    expect(deriveAbilities(whole)).toEqual({
      version: "5.1.9-0+deb12u1",
      supportedInputs: [
        "MULTICAST_PULL",
        "RTP_PULL",
        "SRT_PULL",
        "HLS_PULL",
        "DASH_PULL",
        "RTSP_PULL",
        "RTMP_PULL",
        "SRT_PUSH",
        "RTMP_PUSH",
      ],
      supportedOutputs: ["HTTP", "MULTICAST", "SRT_PUSH", "RTMP_PUSH", "CMAF_PUSH", "FILE"],
      supportedVideoCodecs: ["H264", "H265", "AV1"],
      supportedAudioCodecs: ["AAC", "OPUS"],
      missing: [],
    });
  });

  it.each([
    ["protocols", "  srt\n", "supportedInputs", "SRT_PULL", 'This ffmpeg has no protocol "srt": input type SRT_PULL is not available.'],
    ["muxers", "  E dash   DASH\n", "supportedOutputs", "HTTP", 'This ffmpeg has no muxer "dash": output type HTTP is not available.'],
    [
      "encoders",
      " V....D libx265  x\n",
      "supportedVideoCodecs",
      "H265",
      'This ffmpeg has no encoder "libx265": video codec H265 is not available.',
    ],
    [
      "encoders",
      " A....D libopus   Opus\n",
      "supportedAudioCodecs",
      "OPUS",
      'This ffmpeg has no encoder "libopus": audio codec OPUS is not available.',
    ],
    [
      "demuxers",
      " D  hls    HLS\n",
      "supportedInputs",
      "HLS_PULL",
      'This ffmpeg has no demuxer "hls": input type HLS_PULL is not available.',
    ],
  ] as const)("without one of the %s (%j) says what is not available", (kind, line, list, lost, sentence) => {
    const abilities = deriveAbilities({ ...whole, [kind]: whole[kind].replace(line, "") });
    expect(abilities[list]).not.toContain(lost);
    expect(abilities.missing).toContain(sentence);
  });

  it("does not take an output protocol for an input", () => {
    const abilities = deriveAbilities({ ...whole, protocols: "Input:\n  file\nOutput:\n  file\n  udp\n  pipe\n" });
    expect(abilities.supportedInputs).toEqual([]);
  });
});

describe("finding ffmpeg", () => {
  it("finds the one of this machine", async () => {
    const capabilities = await findCapabilities({ ffmpegPath: null, searchPath: process.env["PATH"] ?? "" });
    expect(capabilities.ffmpegPath).toMatch(/^\//);
    expect(capabilities.supportedInputs).toContain("MULTICAST_PULL");
    expect(capabilities.supportedOutputs).toEqual(
      expect.arrayContaining(["HTTP", "MULTICAST", "SRT_PUSH", "RTMP_PUSH", "CMAF_PUSH", "FILE"]),
    );
  });

  it("without one says so and supports nothing", async () => {
    const capabilities = await findCapabilities({ ffmpegPath: null, searchPath: "/nowhere" });
    expect(capabilities).toMatchObject({ ffmpegPath: null, version: null, supportedInputs: [], supportedOutputs: [] });
    expect(capabilities.missing).toEqual(["There is no ffmpeg on the PATH: no session can be run here."]);
  });

  it("with one that does not run says so", async () => {
    const directory = mkdtempSync(join(tmpdir(), "headend-ffmpeg-"));
    for (const name of ["ffmpeg", "ffprobe"]) writeFileSync(join(directory, name), "#!/bin/sh\nexit 3\n", { mode: 0o755 });
    const capabilities = await findCapabilities({ ffmpegPath: join(directory, "ffmpeg"), searchPath: "" });
    expect(capabilities.supportedInputs).toEqual([]);
    expect(capabilities.missing[0]).toMatch(/does not run/);
  });

  it.runIf(process.platform === "linux").each([
    ["knows no such option, as that of BusyBox", `echo "setpriv: unrecognized option: pdeathsig" >&2; exit 1`],
    ["does not let a process see that we are its parent", 'shift 3; sh="$1"; shift; "$sh" "$@"'],
  ])("leaves processes to the shell watchdog where setpriv %s", async (_, script) => {
    const directory = mkdtempSync(join(tmpdir(), "headend-setpriv-"));
    writeFileSync(join(directory, "setpriv"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    expect((await findCapabilities({ ffmpegPath: null, searchPath: directory })).setprivPath).toBeNull();
  });
});
