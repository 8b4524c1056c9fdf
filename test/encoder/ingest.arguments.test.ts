import { describe, expect, it } from "vitest";
import { createMasker } from "../../src/encoder/ffmpeg.mask.ts";
import {
  planHls,
  planNormalizer,
  planRtmp,
  planRtsp,
  planSrt,
  type IngestPlan,
  type IngestSource,
  type ProcessPlan,
} from "../../src/encoder/ingest.arguments.ts";

const sourceOf = (own: Partial<IngestSource>): IngestSource => ({
  ...{ type: "MULTICAST_PULL", url: "udp://239.1.2.3:5000", srtPassphrase: null, multicastInterface: "127.0.0.1" },
  ...own,
});
const valueOf = (list: readonly string[], option: string): string | undefined => list[list.indexOf(option) + 1];

function processOf({ source }: IngestPlan): ProcessPlan {
  if (source.kind !== "PROCESS") throw new Error("a socket");
  return source.process;
}

describe("the ingest's arguments", () => {
  it("take the chosen streams by their PIDs", () => {
    const list = planNormalizer({ video: 256, audio: null }).arguments;
    expect(list.filter((_, index) => list[index - 1] === "-map")).toEqual(["0:i:256?"]);
    expect(valueOf(list, "-protocol_whitelist")).toBe("pipe");
  });

  it("hand an SRT address and its passphrase over where the process list does not show them", () => {
    const process = processOf(
      planSrt(sourceOf({ type: "SRT_PULL", srtPassphrase: "open sesame" }), "srt://192.0.2.1:9000?streamid=#!::r=a'b"),
    );
    expect(process.arguments.join(" ")).not.toMatch(/192\.0|sesame/);
    expect(process.script).toContain("passphrase=open sesame");
    expect(process.script).toContain("r=a'\\''b");
    expect(process.secrets).toContain("open sesame");
    expect(valueOf(process.arguments, "-protocol_whitelist")).toBe("pipe,srt");
  });

  it("hand an HLS address over as a playlist, and wait three target durations", () => {
    const hls = { script: "#EXTM3U\n", silenceSeconds: 18, proxy: { url: "http://127.0.0.1:1", host: "own.invalid" } };
    const plan = planHls(sourceOf({ type: "HLS_PULL", url: "https://user:word@cdn.example/live.m3u8?token=abc" }), hls);
    const process = processOf(plan);
    expect(process.arguments.join(" ")).not.toMatch(/cdn\.example|abc|127\.0\.0\.1/);
    expect(plan).toMatchObject({ silenceSeconds: 18, firstByteSeconds: 18 });
    expect(valueOf(process.arguments, "-protocol_whitelist")).toBe("pipe,http,tcp,crypto");
    expect(process).toMatchObject({ script: hls.script, httpProxy: "http://127.0.0.1:1" });
    expect(process.secrets).toEqual(["user:word", "user", "word", "abc", "own.invalid"]);
  });

  it("lead RTSP through the relay, over TCP alone", () => {
    const process = processOf(planRtsp(sourceOf({ type: "RTSP_PULL", url: "rtsps://u:pass@[2001:db8::1]:322/a?b=c" }), 4000));
    expect(process.script).toContain("file 'rtsp://u:pass@127.0.0.1:4000/a?b=c'");
    expect(process.script).toContain("option rtsp_transport tcp");
    expect(process.arguments.join(" ")).not.toContain("pass");
    expect(valueOf(process.arguments, "-protocol_whitelist")).toBe("pipe,tcp");
  });

  it.each([
    ["rtmp://host.example/live/name?k=v", "rtmp://host.example/live"],
    ["rtmps://host.example:444/app/instance/name", "rtmps://host.example:444/app/instance"],
    ["rtmp://host.example/ondemand/a/b", "rtmp://host.example/ondemand"],
    ["rtmp://host.example/app/mp4:a/b", "rtmp://host.example/app"],
    ["rtmp://u:p@[2001:db8::1]/it's/name", "rtmp://[2001:db8::1]/it'\\''s"],
  ])("tell an RTMP server of %s that it is %s", (url, told) => {
    const process = processOf(planRtmp(sourceOf({ type: "RTMP_PULL", url }), 4000));
    expect(process.script).toContain(`option rtmp_tcurl '${told}'\n`);
    expect(process.script).toContain("127.0.0.1:4000/");
    expect(process.arguments.join(" ")).not.toMatch(/example|4000/);
  });

  it.each([
    ["RTSP_PULL", "rtsp://h.example/live?auth=TOPSECRET1234", "TOPSECRET1234"],
    ["RTSP_PULL", "rtsp://h.example/9f8e7d6c5b4a39281706abcdef12/cam", "9f8e7d6c5b4a39281706abcdef12"],
    ["RTMP_PULL", "rtmp://h.example/live/x?hdnts=st=1~hmac=abcdef0123456789", "abcdef0123456789"],
    ["HLS_PULL", "https://h.example/a.m3u8?Policy=abcdefgh12345678&jwt=eyJabc", "eyJabc"],
    ["RTSP_PULL", "rtsp://me:w%20rd@h.example/live", "w rd"],
    ["SRT_PULL", "srt://192.0.2.1:9000?streamid=#!::r=hidden&latency=20", "hidden"],
  ] as const)("let what ffmpeg says of %s %s not hold %s", (type, url, secret) => {
    const source = sourceOf({ type, url });
    const proxy = { url: "http://127.0.0.1:1", host: "own.invalid" };
    const plan = {
      RTSP_PULL: () => planRtsp(source, 4000),
      RTMP_PULL: () => planRtmp(source, 4000),
      SRT_PULL: () => planSrt(source, url),
      HLS_PULL: () => planHls(source, { script: "", silenceSeconds: 6, proxy }),
    }[type]();
    const said = createMasker(processOf(plan).secrets)(`Server said no to ${secret}: ${url} (${secret})`);
    expect(said).not.toContain(secret);
    expect(said).toContain("Server said no");
  });
});
