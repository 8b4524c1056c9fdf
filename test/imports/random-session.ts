import fc from "fast-check";

const NAUGHTY = [
  "=1+1",
  "'=1",
  "''=2",
  "+1",
  "-1",
  "-1+2",
  "@a",
  "'",
  '"',
  '""',
  ",",
  ";",
  "a\tb",
  "İstanbul",
  "é",
  "e\u0301",
  "😀",
  "  x",
  "TRUE",
  "0x10",
  "Comment - x",
  "Release 1",
  "__proto__",
  "\uFEFFx",
  '="a",b;c',
  "••••••••",
];
const visible = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .filter((text) => text.trim() !== "" && !/[\p{Cc}\u2028\u2029]/u.test(text));
export const randomName = fc.oneof(fc.constantFrom(...NAUGHTY.filter((text) => !/\p{Cc}/u.test(text))), visible);
const description = fc.oneof(
  fc.constantFrom(...NAUGHTY, "\n", "\r\n=a\r", " ", "\t=1", "-1\n-2", "\x1e", "\x1f,", "\\c", "\\\x1f\\", "a,b"),
  fc.string({ unit: "binary", maxLength: 60 }).filter((text) => !text.includes("\0") && text.isWellFormed()),
);
const streamKey = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~-]{7,40}$/);
const passphrase = fc.string({ unit: "grapheme-ascii", minLength: 10, maxLength: 79 });
const multicastUrl = fc
  .tuple(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 1, max: 65_535 }))
  .map(([byte, port]) => `udp://239.1.2.${byte}:${port}`);
const secretUrl = fc.constantFrom(
  "https://operator:secret@media.example/a.m3u8?token=abcdef",
  "https://media.example/b.m3u8",
  "https://media.example/c.m3u8?x=1,2",
);

const source = fc.oneof(
  fc
    .record({
      type: fc.constant("MULTICAST_PULL"),
      urlA: multicastUrl,
      urlB: fc.option(fc.constant("udp://239.9.9.9:9")),
      failover: fc.option(
        fc.record({
          recoveryIntervalSeconds: fc.constantFrom(-1, 120, 86_400),
          errorThresholdPercent: fc.option(fc.double({ min: 0.01, max: 100, noNaN: true })),
        }),
      ),
    })
    .map((given) => ({ ...given, failover: given.urlB ? given.failover : null })),
  fc.record({ type: fc.constant("HLS_PULL"), urlA: secretUrl, hlsScte35PassthroughEnabled: fc.boolean() }),
  fc.record({ type: fc.constant("DASH_PULL"), urlA: secretUrl }),
  fc.record({ type: fc.constant("RTSP_PULL"), urlA: fc.constant("rtsp://user:word@camera.example/1") }),
  fc.record({ type: fc.constant("SRT_PULL"), urlA: fc.constant("srt://sender.example:9000?passphrase=hunter2hunter2&streamid=a/b") }),
  fc.record({ type: fc.constant("RTP_PULL"), urlA: fc.constant("rtp://239.4.4.4:5004") }),
  fc.record({ type: fc.constant("RTMP_PUSH"), customStreamKey: fc.option(streamKey) }),
  fc
    .record({
      type: fc.constant("SRT_PUSH"),
      customStreamKey: fc.option(streamKey),
      srtEncryptionEnabled: fc.boolean(),
      srtPassphrase: fc.option(passphrase),
    })
    .map((given) => ({ ...given, srtPassphrase: given.srtEncryptionEnabled ? given.srtPassphrase : null })),
);

const service = {
  serviceProvider: fc.option(fc.constantFrom("NETINT", "=NET", "-1", " ", "a;b")),
  programNumber: fc.option(fc.integer({ min: 1, max: 65_535 })),
};
const perRendition = (url: string, count: string) => Array.from({ length: Number(count) }, (_, index) => url.replace("N", String(index)));
export const randomPlayback = fc.constantFrom("1", "3").chain((count) =>
  fc
    .oneof(
      fc
        .record({ type: fc.constant("HTTP"), hlsEnabled: fc.boolean(), dashEnabled: fc.boolean() })
        .map((given) => ({ ...given, dashEnabled: given.dashEnabled || !given.hlsEnabled })),
      fc.record({ type: fc.constant("MULTICAST"), urls: fc.constant(perRendition("udp://239.7.7.N:7000", count)), ...service }),
      fc.record({
        type: fc.constant("SRT_PUSH"),
        urls: fc.constant(perRendition("srt://to.example:900N?passphrase=hunter2hunter2", count)),
        ...service,
      }),
      fc.record({ type: fc.constant("RTMP_PUSH"), urls: fc.constant(perRendition("rtmp://to.example/live/secret-key-N", count)) }),
      fc.record({ type: fc.constant("CMAF_PUSH"), urls: fc.constant(["https://u:p@to.example/cmaf"]) }),
      fc.record({
        type: fc.constant("FILE"),
        urls: fc.constant(["late shows/ten, and =1.mkv"]),
        fileFormat: fc.constantFrom("MKV", "MP4"),
        maxFileDurationSeconds: fc.option(fc.constantFrom(300, 43_200)),
      }),
    )
    .chain((given) => randomName.map((playbackName) => ({ ...given, name: playbackName, template: count }))),
);

/** A session that can be created as it is; its playback's `template` says how many renditions its template has, 1 or 3. */
export const randomSession = fc.record({
  name: randomName,
  description: fc.option(description),
  slatesEnabled: fc.boolean(),
  source,
  playback: randomPlayback,
});
