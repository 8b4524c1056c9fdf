import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listSecrets, maskUrl, mergeMaskedUrl } from "../../src/network/mask.ts";
import { SECRET_MASK as M } from "../../src/sessions/secret.rules.ts";

describe("masking", () => {
  it.each([
    ["http://user:pw@example.com/a.m3u8", `http://${M}@example.com/a.m3u8`],
    ["http://user@example.com", `http://${M}@example.com`],
    ["http://a@b:c@example.com/", `http://${M}@example.com/`],
    ["rtsp://admin:12345@camera.example.com:554/1", `rtsp://${M}@camera.example.com:554/1`],
    ["srt://example.com:9000?passphrase=0123456789&latency=200", `srt://example.com:9000?passphrase=${M}&latency=200`],
    ["srt://example.com:9000?streamid=#!::u=me,r=x&mode=caller", `srt://example.com:9000?streamid=${M}&mode=caller`],
    ["srt://example.com:9000?PASSPHRASE=0123456789", `srt://example.com:9000?PASSPHRASE=${M}`],
    ["srt://example.com:9000?latency=1#!::secret", `srt://example.com:9000?latency=${M}`],
    ["srt://example.com:9000?passphrase", `srt://example.com:9000?${M}`],
    ["https://example.com/a.m3u8?token=abc&channel=5", `https://example.com/a.m3u8?token=${M}&channel=5`],
    ["https://example.com/a.m3u8?e=1700000000&h=abc", `https://example.com/a.m3u8?e=${M}&h=${M}`],
    ["https://example.com/a.m3u8?X-Amz-Credential=abc", `https://example.com/a.m3u8?X-Amz-Credential=${M}`],
    ["https://example.com/a.m3u8?X-Amz-Signature=abc", `https://example.com/a.m3u8?X-Amz-Signature=${M}`],
    ["https://example.com/a.m3u8?hdnts=exp=1~acl=*~hmac=ab", `https://example.com/a.m3u8?hdnts=${M}`],
    ["https://example.com/a.m3u8?pin=123456", `https://example.com/a.m3u8?pin=${M}`],
    ["https://example.com/a.m3u8?d41d8cd98f00", `https://example.com/a.m3u8?${M}`],
    ["https://example.com/a.m3u8?d41d8cd98f00=", `https://example.com/a.m3u8?${M}`],
    ["https://example.com/d41d8cd98f00b204e9800998ecf8427e/index.m3u8", `https://example.com/${M}/index.m3u8`],
    ["https://example.com/hdntl=exp=1~hmac=ab/index.m3u8", `https://example.com/${M}/index.m3u8`],
    ["https://example.com/a.m3u8#secret", `https://example.com/a.m3u8#${M}`],
    ["rtmp://live.example.com/app/stream-key", `rtmp://live.example.com/app/${M}`],
    ["rtmp://live.example.com/app/stream-key/", `rtmp://live.example.com/app/${M}/`],
    ["rtmps://live.example.com:443/rtmp/FB-1?s_bl=1&a=Abx", `rtmps://live.example.com:443/rtmp/${M}?s_bl=1&a=${M}`],
    ["rtmp://example.com/key", `rtmp://example.com/${M}`],
    ["user:pw@example.com", `user:${M}@example.com`],
    ["//user:pw@example.com/", `//${M}@example.com/`],
    ["http:///user:pw@example.com", `http:///${M}@example.com`],
  ])("%s", (url, masked) => {
    expect(maskUrl(url)).toEqual({ masked, hasSecret: true });
    expect(maskUrl(masked)).toEqual({ masked, hasSecret: true });
  });

  it.each([
    "udp://239.1.0.134:5000",
    "udp://@239.1.0.134:5000?fifo_size=50000&sources=8.8.8.8",
    "srt://example.com:9000?latency=200000&mode=caller",
    "srt://example.com:9000",
    "https://example.com/live/channel-12-main/index.m3u8?channel=5&quality=hd&token=",
    "https://example.com/live/",
    "http://example.com?",
    "shows/today.mp4",
    "",
  ])("shows %s as it is", (url) => {
    expect(maskUrl(url)).toEqual({ masked: url, hasSecret: false });
  });

  it("shows the name of the stream that an RTMP input pulls", () => {
    expect(maskUrl("rtmp://example.com/live/channel1", "INPUT").hasSecret).toBe(false);
    expect(maskUrl("rtmp://me:pw@example.com/live/channel1?token=x", "INPUT").masked).toBe(
      `rtmp://${M}@example.com/live/channel1?token=${M}`,
    );
  });

  const secret = fc.stringMatching(/^[A-Za-z0-9!$'()*+,;._~-]{9,40}$/).map((text) => `Zq7${text}`);
  const around = fc.constantFrom("example.com", "10.0.0.1:9000", "[2606:4700::1]:554");

  it("never leaks a secret", () => {
    const place = fc.constantFrom(
      (s: string, host: string) => `srt://${host}?passphrase=${s}&latency=5`,
      (s: string, host: string) => `srt://${host}?latency=5&streamid=#!::r=${s}`,
      (s: string, host: string) => `srt://${host}?latency=${s}`,
      (s: string, host: string) => `https://${s}@${host}/a`,
      (s: string, host: string) => `https://user:${s}@${host}/a?b=1`,
      (s: string, host: string) => `https://${host}/a.m3u8?token=${s}`,
      (s: string, host: string) => `https://${host}/a.m3u8?x=1&unheardof=${s}#f`,
      (s: string, host: string) => `https://${host}/a.m3u8?${s}`,
      (s: string, host: string) => `https://${host}/a.m3u8#${s}`,
      (s: string, host: string) => `rtmp://${host}/app/${s}`,
      (s: string, host: string) => `rtmps://${host}/a/b/${s}?x=1`,
      (s: string, host: string) => `rtmp://${host}/app/live?key=${s}`,
      (s: string, host: string) => `udp://${host}?localaddr=${s}`,
    );
    fc.assert(
      fc.property(secret, around, place, (text, host, build) => {
        const { masked, hasSecret } = maskUrl(build(text, host));
        expect(hasSecret).toBe(true);
        expect(masked).not.toContain(text);
        expect(masked).not.toContain(text.slice(0, 8));
        expect(masked).toContain(host);
        expect(listSecrets(build(text, host)).some((one) => one.includes(text))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is done once: a masked URL masks to itself, and finds back to its whole", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl({ withQueryParameters: true, withFragments: true }),
          fc.string(),
          fc.string().map((text) => `rtmp://h/${text}`),
        ),
        (url) => {
          const { masked, hasSecret } = maskUrl(url);
          expect(maskUrl(masked).masked).toBe(masked);
          if (hasSecret) expect(mergeMaskedUrl(masked, url)).toBe(url);
          else expect(masked).toBe(url);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe("the secrets of a URL", () => {
  it("are what the mask hides, whole and in parts", () => {
    expect(listSecrets("https://us%40er:word@a.example/d41d8cd98f00b204e9800998/x;sid=9?token=a=b&quality=hd&plain#f")).toEqual(
      expect.arrayContaining(["us%40er:word", "us%40er", "us@er", "word", "d41d8cd98f00b204e9800998", "9", "a=b", "a", "b"]),
    );
    expect(listSecrets("https://a.example/live/x.m3u8?quality=hd")).toEqual([]);
    expect(listSecrets("rtmp://a.example/live/key")).toEqual(["key"]);
    expect(listSecrets("rtmp://a.example/live/key", "INPUT")).toEqual([]);
  });
});

describe("a masked URL sent back", () => {
  const stored = "srt://example.com:9000?passphrase=0123456789&latency=200";
  const masked = maskUrl(stored).masked;

  it("stays what it was, percent-encoded by the client too", () => {
    expect(mergeMaskedUrl(masked, stored)).toBe(stored);
    expect(mergeMaskedUrl(encodeURI(masked), stored)).toBe(stored);
    expect(mergeMaskedUrl(encodeURI(masked).toLowerCase(), stored)).toBe(stored);
  });

  it("is new without a mask", () => {
    expect(mergeMaskedUrl("srt://other.example.com:9000", stored)).toBe("srt://other.example.com:9000");
    expect(mergeMaskedUrl(stored, stored)).toBe(stored);
  });

  it("never takes the secret to another place", () => {
    expect(mergeMaskedUrl(masked.replace("example.com", "evil.example.com"), stored)).toBeNull();
    expect(mergeMaskedUrl(masked.replace("latency=200", "latency=300"), stored)).toBeNull();
    expect(mergeMaskedUrl(M, stored)).toBeNull();
    expect(mergeMaskedUrl(masked, "srt://example.com:9000")).toBeNull();
  });
});
