import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressKind } from "../../src/network/address.rules.ts";
import { readHost } from "../../src/network/host.rules.ts";
import { checkInputUrl, checkOutputUrl } from "../../src/network/url.rules.ts";
import { INPUT_TYPE_FACTS, type InputType } from "../../src/sessions/session.rules.ts";

const CLOSED = { allowedNetworks: [] };
const LAB = { allowedNetworks: ["127.0.0.0/8", "10.0.0.0/8", "192.168.7.0/24", "fd12::/16", "::1/128", "198.18.0.0/15"] };
const WIDE_OPEN = { allowedNetworks: ["0.0.0.0/0", "::/0"] };

/** Hosts that lead to this machine or its neighbourhood, in every spelling that some reader understands. */
const INTERNAL_HOSTS = [
  ...["127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.255.255.254", "2130706433", "017700000001", "0x7f000001", "0X7F000001", "0x7f.1"],
  ...[
    "0177.0.0.1",
    "0177.0.0.01",
    "00000177.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "127.0x1",
    "127.0.0x0.01",
    "[127.0.0.1]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
  ],
  ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::7f00:1]", "[::1%lo]", "[::1%25lo]"],
  ...["localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "localhost6"],
  ...[
    "0.0.0.0",
    "0",
    "0x0",
    "00",
    "[::]",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "012.0.0.1",
  ],
  ...["0xa000001", "167772161", "[::ffff:10.0.0.1]", "[::ffff:a00:1]", "100.64.0.1", "100.127.255.254", "169.254.1.1", "0xa9fe0101"],
  ...[
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]",
    "100.100.100.200",
  ],
  ...["metadata.google.internal", "Metadata.Google.Internal.", "metadata", "instance-data"],
  ...["[fe80::1]", "[fe80::1%eth0]", "[febf::1]", "[fc00::1]", "[fd12:3456::1]", "[fec0::1]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]"],
  ...["[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::ffff:0:127.0.0.1]", "[100::1]", "[5f00::1]"],
  ...["255.255.255.255", "4294967295", "240.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9", "[2001:db8::1]"],
];

const PUBLIC_HOSTS = ["8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "[2606:4700::1111]"];
const PUBLIC_NAMES = [
  "example.com",
  "EXAMPLE.com",
  "example.com.",
  "a-b.example.co",
  "a_b.example.com",
  "xn--bcher-kva.example",
  "localhost.example.com",
];

const PULLS: readonly { readonly type: InputType; readonly url: (host: string) => string }[] = [
  { type: "HLS_PULL", url: (host) => `https://${host}/live/index.m3u8` },
  { type: "HLS_PULL", url: (host) => `http://user:password@${host}:8080/index.m3u8?a=1` },
  { type: "DASH_PULL", url: (host) => `https://${host}` },
  { type: "SRT_PULL", url: (host) => `srt://${host}:9000?latency=200000` },
  { type: "RTSP_PULL", url: (host) => `rtsp://${host}:554/stream` },
  { type: "RTMP_PULL", url: (host) => `rtmp://${host}/live/stream` },
  { type: "RTP_PULL", url: (host) => `rtp://${host}:5004` },
];

describe("hosts of pull inputs", () => {
  describe.each(PULLS)("$type $url", ({ type, url }) => {
    it.each(INTERNAL_HOSTS)("refuses %s", (host) => {
      expect(checkInputUrl(type, url(host), CLOSED)).toMatchObject({ code: "URL_NOT_ALLOWED" });
    });

    it.each([...PUBLIC_HOSTS, ...PUBLIC_NAMES])("takes %s", (host) => {
      expect(checkInputUrl(type, url(host), CLOSED)).toBeNull();
    });

    it.each(["127.0.0.1", "127.9.9.9", "localhost", "10.1.2.3", "192.168.7.200", "[fd12::9]", "[::1]", "[::ffff:10.0.0.1]", "198.18.3.4"])(
      "takes %s where its network is allowed",
      (host) => {
        expect(checkInputUrl(type, url(host), LAB)).toBeNull();
      },
    );

    it.each(["192.168.8.1", "172.16.0.1", "[fd13::9]", "169.254.169.254", "metadata.google.internal", "0.0.0.0", "[fe80::1]"])(
      "refuses %s where other networks are allowed",
      (host) => {
        expect(checkInputUrl(type, url(host), LAB)).toMatchObject({ code: "URL_NOT_ALLOWED" });
      },
    );

    it.each([
      "169.254.169.254",
      "0xa9fea9fe",
      "[::ffff:169.254.169.254]",
      "100.100.100.200",
      "[fd00:ec2::254]",
      "169.254.3.4",
      "0.0.0.0",
      "[::]",
      "255.255.255.255",
    ])("refuses %s whatever is allowed", (host) => {
      expect(checkInputUrl(type, url(host), WIDE_OPEN)).toMatchObject({ code: "URL_NOT_ALLOWED" });
    });

    it.each(["0x08080808", "134744072", "010.010.010.010", "8.8.2056", "[8.8.8.8]", "8.8.8.8.", "[2606:4700::1111%eth0]"])(
      "wants %s written plainly, since readers differ about it",
      (host) => {
        expect(checkInputUrl(type, url(host), CLOSED)).toMatchObject({ code: "INVALID_VALUE" });
      },
    );

    it.each([
      "127.0.0.256",
      "1.2.3.4.5",
      "08.1.1.1",
      "0x",
      "256.1.1.1",
      "4294967296",
      "example.1",
      "a..b",
      "-a.com",
      ".com",
      "exa%6dple.com",
      "[::1",
      "::1",
      "[:::1]",
      "[v1.x]",
      "１２７.0.0.1",
      "b\u00fccher.example",
      "a'b.com",
      "a*b",
      "x".repeat(64),
    ])("does not take %s for a host", (host) => {
      expect(checkInputUrl(type, url(host), WIDE_OPEN)).not.toBeNull();
    });
  });
});

describe("tricks with the parts of a URL", () => {
  it.each([
    "http://example.com@127.0.0.1/",
    "http://example.com:80@127.0.0.1:80/",
    "http://127.0.0.1\\@example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://a@b@127.0.0.1/",
    "http://a@127.0.0.1@example.com/",
    "http://127.0.0.1#@example.com/",
    "http://example.com#@127.0.0.1/",
    "http://127.0.0.1?@example.com/",
    "http://127.0.0.1%2f@example.com%00/",
    "http://127.0.0.1%23.example.com/",
    "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "http:////127.0.0.1/",
    "//127.0.0.1/",
    "http://127.0.0.1 .example.com/",
    "http://exam\tple.com/",
    "http://example.com/\r\nHost: 127.0.0.1",
    "http://example.com/%0d%0aX:1",
    "http://example.com/\u0000",
    "http://example.com/a b",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://example.com:99999999999/",
    "http://example.com:80a/",
    "http://example.com:/",
    "http://example.com:-1/",
    "http://example.com:80:80/",
    "http://[::1]x:80/",
    "http://x[::1]/",
    "http://example.com/|http://127.0.0.1/",
    "http://example.com/[f=mpegts]|file",
    "http://example.com/%zz",
    "http://example.com/<x>",
    'http://example.com/"x"',
    "http://example.com/`x`",
    "http://example.com/{1,2}",
    "HTTP://example.com/",
    "http ://example.com/",
    " http://example.com/",
    "http://example.com/ ",
    "http://",
    "http",
    "",
    `http://example.com/${"a".repeat(2048)}`,
    "http://\u{1f600}.example.com/",
    "http://example.com/\ud800",
    "http://example.com/••••••••",
  ])("refuses %j", (url) => {
    expect(checkInputUrl("HLS_PULL", url, CLOSED)).not.toBeNull();
  });

  it.each([
    ["file:///etc/passwd", "URL_NOT_ALLOWED"],
    ["file:/etc/passwd", "URL_NOT_ALLOWED"],
    ["javascript:alert(1)", "URL_NOT_ALLOWED"],
    ["data:text/plain,hello", "URL_NOT_ALLOWED"],
    ["concat:http://a", "URL_NOT_ALLOWED"],
    ["crypto+http://example.com/", "URL_NOT_ALLOWED"],
    ["subfile,,start,0,end,9,,:/etc/passwd", "INVALID_VALUE"],
    ["pipe:0", "URL_NOT_ALLOWED"],
    ["fd:0", "URL_NOT_ALLOWED"],
    ["tcp://example.com:80", "URL_NOT_ALLOWED"],
    ["unix:///run/x", "URL_NOT_ALLOWED"],
    ["gopher://example.com", "URL_NOT_ALLOWED"],
    ["ftp://example.com", "URL_NOT_ALLOWED"],
    ["sftp://example.com", "URL_NOT_ALLOWED"],
    ["/etc/passwd", "INVALID_VALUE"],
    ["http,x,y://example.com", "INVALID_VALUE"],
    ["rtmp://example.com/live/a", "INVALID_VALUE"],
    ["udp://239.1.1.1:5000", "INVALID_VALUE"],
  ])("does not pull HLS from %s", (url, code) => {
    expect(checkInputUrl("HLS_PULL", url, WIDE_OPEN)).toMatchObject({ code });
  });

  it.each(Object.keys(INPUT_TYPE_FACTS) as InputType[])("takes only its own schemes for %s", (type) => {
    for (const scheme of ["udp", "rtp", "srt", "rtmp", "rtmps", "rtsp", "rtsps", "http", "https"]) {
      const host = type === "MULTICAST_PULL" ? "239.1.1.1" : "example.com";
      const problem = checkInputUrl(type, `${scheme}://${host}:5000${scheme.startsWith("rtmp") ? "/a/b" : ""}`, CLOSED);
      expect(problem === null, `${type} ${scheme}`).toBe(INPUT_TYPE_FACTS[type].urlSchemes.includes(scheme));
    }
  });

  it("refuses this machine's own address unless its network is allowed", () => {
    const policy = { allowedNetworks: [], ownAddresses: ["93.184.216.34", "2606:4700:0:0::1"] };
    expect(checkInputUrl("HLS_PULL", "http://93.184.216.34/", policy)).toMatchObject({ code: "URL_NOT_ALLOWED" });
    expect(checkInputUrl("HLS_PULL", "http://[2606:4700::1]/", policy)).toMatchObject({ code: "URL_NOT_ALLOWED" });
    expect(checkInputUrl("HLS_PULL", "http://93.184.216.35/", policy)).toBeNull();
    expect(checkInputUrl("HLS_PULL", "http://93.184.216.34/", { ...policy, allowedNetworks: ["93.184.216.0/24"] })).toBeNull();
  });
});

describe("multicast", () => {
  it.each([
    "239.1.0.134",
    "239.255.0.1",
    "232.1.1.1",
    "233.252.0.1",
    "224.0.1.9",
    "224.2.2.2",
    "[ff05::1]",
    "[ff0e::abcd]",
    "[ff3e::8000:1]",
  ])("is taken from and sent to %s", (group) => {
    expect(checkInputUrl("MULTICAST_PULL", `udp://${group}:5000`, CLOSED)).toBeNull();
    expect(checkInputUrl("MULTICAST_PULL", `udp://@${group}:5000`, CLOSED)).toBeNull();
    expect(checkInputUrl("RTP_PULL", `rtp://${group}:5004`, CLOSED)).toBeNull();
    expect(checkOutputUrl("MULTICAST", `udp://${group}:5000?ttl=4&pkt_size=1316`, CLOSED)).toBeNull();
  });

  it.each([
    "224.0.0.1",
    "224.0.0.251",
    "239.255.255.250",
    "[ff02::1]",
    "[ff01::1]",
    "[ff12::1]",
    "[ff00::1]",
    "[ff0f::1]",
    "0xe0000001",
    "[::ffff:224.0.0.1]",
  ])("is not taken from or sent to %s", (group) => {
    for (const policy of [CLOSED, WIDE_OPEN]) {
      expect(checkInputUrl("MULTICAST_PULL", `udp://${group}:5000`, policy)).toMatchObject({ code: "URL_NOT_ALLOWED" });
      expect(checkInputUrl("RTP_PULL", `rtp://${group}:5000`, policy)).toMatchObject({ code: "URL_NOT_ALLOWED" });
      expect(checkOutputUrl("MULTICAST", `udp://${group}:5000`, policy)).toMatchObject({ code: "URL_NOT_ALLOWED" });
    }
  });

  it.each(["8.8.8.8", "example.com", "10.0.0.1", "0xef010101", "239.1", "127.0.0.1"])("is no machine such as %s", (host) => {
    expect(checkInputUrl("MULTICAST_PULL", `udp://${host}:5000`, LAB)).not.toBeNull();
    expect(checkOutputUrl("MULTICAST", `udp://${host}:5000`, LAB)).not.toBeNull();
  });

  it.each(["239.1.1.1", "232.0.0.9", "[ff05::1]"])("is no place for other protocols: %s", (group) => {
    expect(checkInputUrl("HLS_PULL", `http://${group}/`, WIDE_OPEN)).toMatchObject({ code: "URL_NOT_ALLOWED" });
    expect(checkInputUrl("SRT_PULL", `srt://${group}:9000`, WIDE_OPEN)).toMatchObject({ code: "URL_NOT_ALLOWED" });
    expect(checkOutputUrl("RTMP_PUSH", `rtmp://${group}/live/a`, WIDE_OPEN)).toMatchObject({ code: "URL_NOT_ALLOWED" });
  });

  it.each([
    "udp://239.1.1.1",
    "udp://239.1.1.1:0",
    "udp://239.1.1.1:5000/path",
    "udp://user@239.1.1.1:5000",
    "udp://:5000",
    "udp://@:5000",
  ])("wants group and port and nothing else: %s", (url) => {
    expect(checkInputUrl("MULTICAST_PULL", url, CLOSED)).toMatchObject({ code: "INVALID_VALUE" });
  });
});

describe("options in URLs", () => {
  it.each([
    "?fifo_size=50000&overrun_nonfatal=1",
    "?sources=192.0.2.7",
    "?sources=8.8.8.8,2606:4700::1&reuse=1",
    "?buffer_size=65536&pkt_size=1316",
    "?",
  ])("takes %s of UDP", (query) => {
    expect(checkInputUrl("MULTICAST_PULL", `udp://239.1.1.1:5000${query}`, CLOSED)).toBeNull();
  });

  it.each([
    ["?localaddr=127.0.0.1", "URL_NOT_ALLOWED"],
    ["?localport=22", "URL_NOT_ALLOWED"],
    ["?local_port=22", "URL_NOT_ALLOWED"],
    ["?connect=1", "URL_NOT_ALLOWED"],
    ["?broadcast=1", "URL_NOT_ALLOWED"],
    ["?timeout=0", "URL_NOT_ALLOWED"],
    ["?block=8.8.8.8", "URL_NOT_ALLOWED"],
    ["?FIFO_SIZE=1", "URL_NOT_ALLOWED"],
    ["?__proto__=1", "URL_NOT_ALLOWED"],
    ["?constructor=1", "URL_NOT_ALLOWED"],
    ["?=1", "URL_NOT_ALLOWED"],
    ["?&", "INVALID_VALUE"],
    ["?fifo_size", "INVALID_VALUE"],
    ["?fifo_size=", "INVALID_VALUE"],
    ["?fifo_size=-1", "INVALID_VALUE"],
    ["?fifo_size=1e9", "INVALID_VALUE"],
    ["?fifo_size=99999999999", "INVALID_VALUE"],
    ["?fifo_size=1&fifo_size=2", "INVALID_VALUE"],
    ["?overrun_nonfatal=true", "INVALID_VALUE"],
    ["?sources=example.com", "INVALID_VALUE"],
    ["?sources=", "INVALID_VALUE"],
    ["?sources=239.1.1.2", "INVALID_VALUE"],
    ["?sources=127.1", "INVALID_VALUE"],
    ["#x", "INVALID_VALUE"],
  ])("refuses %s of UDP", (query, code) => {
    expect(checkInputUrl("MULTICAST_PULL", `udp://239.1.1.1:5000${query}`, CLOSED)).toMatchObject({ code });
  });

  it.each([
    "?mode=caller&latency=200000",
    "?passphrase=0123456789&pbkeylen=32",
    "?passphrase=100%25-or-100%",
    "?streamid=read:live/channel1",
    "?streamid=#!::r=live/channel1,m=request",
    "?latency=1&streamid=#!::u=me,r=x&passphrase=abcdefghij",
    "?transtype=live&payload_size=1316&tlpktdrop=1",
  ])("takes %s of SRT", (query) => {
    expect(checkInputUrl("SRT_PULL", `srt://example.com:9000${query}`, CLOSED)).toBeNull();
    expect(checkOutputUrl("SRT_PUSH", `srt://example.com:9000${query}`, CLOSED)).toBeNull();
  });

  it.each([
    "?mode=listener",
    "?mode=rendezvous",
    "?mode=1",
    "?mode=caller&mode=listener",
    "?listen_timeout=1",
    "?transtype=file",
    "?passphrase=short",
    `?passphrase=${"x".repeat(80)}`,
    "?pbkeylen=17",
    `?streamid=${"x".repeat(513)}`,
    "?localaddr=127.0.0.1",
    "?send_buffer_size=2147483647",
    "?timeout=0",
    "/path?latency=1",
  ])("refuses %s of SRT", (query) => {
    expect(checkInputUrl("SRT_PULL", `srt://example.com:9000${query}`, CLOSED)).not.toBeNull();
  });

  it("does not repeat a value that stands where a name belongs", () => {
    const problem = checkInputUrl("SRT_PULL", "srt://example.com:9000?passphrase:s3cret-s3cret", CLOSED);
    expect(problem?.message).not.toContain("s3cret");
  });

  it.each(["?token=a/b+c==&x[]=1", "?a;b;c", "?listen=1&headers=x", "?"])("leaves %s of HTTP to the server", (query) => {
    expect(checkInputUrl("HLS_PULL", `https://example.com/index.m3u8${query}`, CLOSED)).toBeNull();
  });
});

describe("outputs", () => {
  it.each([
    ["RTMP_PUSH", "rtmp://live.example.com/app/stream-key"],
    ["RTMP_PUSH", "rtmps://live.example.com:443/app/stream-key?bandwidthtest=true"],
    ["SRT_PUSH", "srt://example.com:9000"],
    ["CMAF_PUSH", "https://user:password@example.com/in/channel"],
    ["WHIP", "https://example.com/whip/endpoint"],
    ["FILE", "shows/today.mp4"],
  ] as const)("%s takes %s", (type, url) => {
    expect(checkOutputUrl(type, url, CLOSED)).toBeNull();
  });

  it.each([
    ["RTMP_PUSH", "rtmp://live.example.com"],
    ["RTMP_PUSH", "rtmp://live.example.com/"],
    ["RTMP_PUSH", "http://live.example.com/a"],
    ["SRT_PUSH", "srt://example.com:9000?mode=listener"],
    ["SRT_PUSH", "srt://127.0.0.1:9000"],
    ["MULTICAST", "udp://239.1.1.1:5000?localaddr=10.0.0.1"],
    ["MULTICAST", "rtp://239.1.1.1:5000"],
    ["MEDIAPACKAGE_V2", "http://example.com/"],
    ["CMAF_PUSH", "file:///tmp/x"],
    ["HTTP", "https://example.com/"],
    ["CAPTURE_CARD", "https://example.com/"],
    ["FILE", "https://example.com/"],
    ["FILE", "/etc/passwd"],
  ] as const)("%s refuses %s", (type, url) => {
    expect(checkOutputUrl(type, url, CLOSED)).not.toBeNull();
  });
});

describe("whatever is written", () => {
  const NEVER = ["LOOPBACK", "PRIVATE", "LINK_LOCAL", "METADATA", "UNUSABLE", "SPECIAL"];

  it("an address that passes is never in a refused range", () => {
    const part = fc
      .oneof(fc.nat(255), fc.nat(0xffffffff))
      .chain((number) => fc.constantFrom(String(number), `0x${number.toString(16)}`, `0${number.toString(8)}`));
    const host = fc.oneof(
      fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(".")),
      fc.ipV6().map((text) => `[${text}]`),
      fc.ipV4Extended(),
    );
    fc.assert(
      fc.property(host, (text) => {
        const problem = checkInputUrl("HLS_PULL", `http://${text}/`, CLOSED);
        const read = readHost(text);
        if (problem === null) {
          expect(read).toMatchObject({ kind: "ADDRESS", isPlain: true });
          if (read?.kind === "ADDRESS") expect(NEVER).not.toContain(addressKind(read.address));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("every spelling of a loopback address reads as one", () => {
    const spell = (value: number) =>
      fc.constantFrom(
        String(value),
        `0x${value.toString(16)}`,
        `0${value.toString(8)}`,
        `0x000${value.toString(16)}`,
        `000${value.toString(8)}`,
      );
    const short = fc.nat(0xffffff).chain((rest) => fc.tuple(spell(127), spell(rest)).map((parts) => parts.join(".")));
    const whole = fc.nat(0xffffff).chain((rest) => spell(127 * 2 ** 24 + rest));
    fc.assert(
      fc.property(fc.oneof(short, whole), (text) => {
        const host = readHost(text);
        expect(host?.kind === "ADDRESS" && addressKind(host.address)).toBe("LOOPBACK");
      }),
    );
  });

  it("an answer comes for any text, and never an exception", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.webUrl(),
          fc.string().map((text) => `srt://${text}`),
        ),
        (text) => {
          for (const type of ["MULTICAST_PULL", "SRT_PULL", "HLS_PULL"] as const) {
            const problem = checkInputUrl(type, text, CLOSED);
            if (problem) expect(problem.message).toMatch(/^[A-Z].*\.$/s);
          }
        },
      ),
    );
  });
});
