import { describe, expect, it } from "vitest";
import { CSV_COLUMNS } from "../../src/imports/csv.columns.ts";
import { check, CMAF, FAILOVER, FILE, HLS_INPUT, HTTP, MULTICAST, SRT_INPUT, type Row } from "./facts.ts";

const RECOVERY = "input_settings-failover_recovery_interval_seconds";
const THRESHOLD = "input_settings-failover_error_threshold_percent";
const KEY = "input_settings-custom_stream_key";
const PASSPHRASE = "input_settings-srt_passphrase";
const ENCRYPTION = "input_settings-enable_srt_encryption";
const SCTE35 = "input_settings-enable_hls_scte35_passthrough";
const SLATES = "input_settings-enable_slates";
const HLS = "output_settings-enable_hls";
const DASH = "output_settings-enable_dash";
const PROVIDER = "output_settings-service_provider";
const PROGRAM = "output_settings-program_number";
const FORMAT = "output_settings-format";
const DURATION = "output_settings-max_file_duration_seconds";
const ENCRYPTED: Row = { ...SRT_INPUT, [ENCRYPTION]: "TRUE" };

describe("a cell that is refused", () => {
  it.each<[what: string, row: Row, column: string, code: string, message: RegExp]>([
    ["no name", { ...HTTP, name: " " }, "name", "REQUIRED", /must not be empty/],
    ["a long name", { ...HTTP, name: "x".repeat(201) }, "name", "TOO_LONG", /at most 200/],
    ["a name with a line break", { ...HTTP, name: "a\nb" }, "name", "INVALID_VALUE", /line breaks/],
    ["a name with NUL", { ...HTTP, name: "a\0b" }, "name", "INVALID_VALUE", /NUL/],
    ["half a surrogate pair", { ...HTTP, name: "a\ud800" }, "name", "INVALID_VALUE", /Unicode/],
    ["a long description", { ...HTTP, description: "x".repeat(2001) }, "description", "TOO_LONG", /at most 2000/],
    ["no input type", { ...HTTP, input_type: "" }, "input_type", "REQUIRED", /must not be empty/],
    ["a misspelt input type", { ...HTTP, input_type: "multicats_pull" }, "input_type", "UNKNOWN_TYPE", /did you mean multicast_pull\?$/],
    ["a strange input type", { ...HTTP, input_type: "telegraph" }, "input_type", "UNKNOWN_TYPE", /one of multicast_pull, hls_pull/],
    ["an unsupported input", { ...HTTP, input_type: "rtmp_pull" }, "input_type", "UNSUPPORTED_TYPE", /rtmp_pull is not supported by CSV/],
    ["a capture card input", { ...HTTP, input_type: "capture_card" }, "input_type", "UNSUPPORTED_TYPE", /not supported by CSV/],
    ["no output type", { ...HTTP, output_type: "" }, "output_type", "REQUIRED", /must not be empty/],
    ["a misspelt output type", { ...HTTP, output_type: "htpp" }, "output_type", "UNKNOWN_TYPE", /did you mean http\?$/],
    ["mediapackage", { ...HTTP, output_type: "mediapackagev2" }, "output_type", "UNSUPPORTED_TYPE", /not supported by CSV/],
    ["whip", { ...HTTP, output_type: "whip" }, "output_type", "UNSUPPORTED_TYPE", /not supported by CSV/],
    ["no output name", { ...HTTP, output_name: "" }, "output_name", "REQUIRED", /must not be empty/],
    ["no template", { ...HTTP, template_name: "" }, "template_name", "REQUIRED", /must not be empty/],
    ["a misspelt template", { ...HTTP, template_name: "HD Lader" }, "template_name", "TEMPLATE_NOT_FOUND", /did you mean HD Ladder\?$/],
    ["a strange template", { ...HTTP, template_name: "Quux 17 XYZ" }, "template_name", "TEMPLATE_NOT_FOUND", /none of this name\.$/],
    ["a template of no use", { ...MULTICAST, template_name: "Future" }, "template_name", "NOT_APPLICABLE", /AV1/],
    ["a pull input without URL", { ...HTTP, "input_urls-a": "" }, "input_urls-a", "REQUIRED", /required for multicast_pull/],
    ["a push input with URL", { ...HTTP, input_type: "rtmp_push" }, "input_urls-a", "NOT_APPLICABLE", /must be empty for rtmp_push/],
    ["a wrong scheme", { ...HTTP, "input_urls-a": "http://239.1.0.1/" }, "input_urls-a", "INVALID_URL", /udp:\/\//],
    ["no URL at all", { ...HTTP, "input_urls-a": "somewhere" }, "input_urls-a", "INVALID_URL", /not a URL/],
    [
      "a file URL",
      { ...HTTP, "input_urls-a": "file:///etc/passwd" },
      "input_urls-a",
      "URL_NOT_ALLOWED",
      /a multicast_pull input begins with udp:/,
    ],
    ["loopback", { ...HLS_INPUT, "input_urls-a": "http://127.0.0.1/x.m3u8" }, "input_urls-a", "URL_NOT_ALLOWED", /./],
    [
      "a masked URL",
      { ...HLS_INPUT, "input_urls-a": "https://••••••••@a.example/x" },
      "input_urls-a",
      "INVALID_URL",
      /secret was left out/,
    ],
    [
      "failover where there is none",
      { ...HLS_INPUT, "input_urls-b": "https://a.example/" },
      "input_urls-b",
      "NOT_APPLICABLE",
      /multicast_pull only/,
    ],
    ["twice the same URL", { ...HTTP, "input_urls-b": "udp://239.1.0.134:5000" }, "input_urls-b", "INVALID_URL", /must differ/],
    ["a wrong second URL", { ...HTTP, "input_urls-b": "udp://239.1.0.1" }, "input_urls-b", "INVALID_URL", /port/],
    ["recovery without failover", { ...HTTP, [RECOVERY]: "120" }, RECOVERY, "NOT_APPLICABLE", /without a failover URL/],
    ["a short recovery", { ...FAILOVER, [RECOVERY]: "119" }, RECOVERY, "OUT_OF_RANGE", /-1 \(remain on B\) or 120/],
    ["another negative recovery", { ...FAILOVER, [RECOVERY]: "-2" }, RECOVERY, "OUT_OF_RANGE", /-1/],
    ["a recovery of a fraction", { ...FAILOVER, [RECOVERY]: "120.5" }, RECOVERY, "INVALID_NUMBER", /whole number/],
    ["hexadecimal", { ...FAILOVER, [RECOVERY]: "0x100" }, RECOVERY, "INVALID_NUMBER", /whole number/],
    ["an exponent", { ...FAILOVER, [RECOVERY]: "1e3" }, RECOVERY, "INVALID_NUMBER", /whole number/],
    ["a huge number", { ...FAILOVER, [RECOVERY]: "9".repeat(400) }, RECOVERY, "OUT_OF_RANGE", /120/],
    ["a threshold without failover", { ...HTTP, [THRESHOLD]: "3.0" }, THRESHOLD, "NOT_APPLICABLE", /without a failover URL/],
    ["no threshold at all", { ...FAILOVER, [THRESHOLD]: "0" }, THRESHOLD, "OUT_OF_RANGE", /0\.01 to 100/],
    ["a tiny threshold", { ...FAILOVER, [THRESHOLD]: "0.009" }, THRESHOLD, "OUT_OF_RANGE", /0\.01 to 100/],
    ["more than everything", { ...FAILOVER, [THRESHOLD]: "100.01" }, THRESHOLD, "OUT_OF_RANGE", /0\.01 to 100/],
    ["a decimal comma", { ...FAILOVER, [THRESHOLD]: "3,0" }, THRESHOLD, "INVALID_NUMBER", /written with a point/],
    ["not a number", { ...FAILOVER, [THRESHOLD]: "NaN" }, THRESHOLD, "INVALID_NUMBER", /0\.01 to 100/],
    ["infinity", { ...FAILOVER, [THRESHOLD]: "Infinity" }, THRESHOLD, "INVALID_NUMBER", /0\.01 to 100/],
    ["a key for a pull input", { ...HTTP, [KEY]: "myStreamKey" }, KEY, "NOT_APPLICABLE", /srt_push, rtmp_push/],
    ["a key with a blank", { ...SRT_INPUT, [KEY]: "my stream key" }, KEY, "INVALID_VALUE", /letters, digits/],
    [
      "a passphrase without encryption",
      { ...SRT_INPUT, [PASSPHRASE]: "0123456789" },
      PASSPHRASE,
      "NOT_APPLICABLE",
      /enable_srt_encryption is TRUE/,
    ],
    ["a short passphrase", { ...ENCRYPTED, [PASSPHRASE]: "012345678" }, PASSPHRASE, "INVALID_VALUE", /10 to 79/],
    ["a long passphrase", { ...ENCRYPTED, [PASSPHRASE]: "x".repeat(80) }, PASSPHRASE, "TOO_LONG", /79/],
    ["a passphrase of letters elsewhere", { ...ENCRYPTED, [PASSPHRASE]: "пароль-пароль" }, PASSPHRASE, "INVALID_VALUE", /ASCII/],
    [
      "a passphrase for RTMP",
      { ...SRT_INPUT, input_type: "rtmp_push", [PASSPHRASE]: "0123456789" },
      PASSPHRASE,
      "NOT_APPLICABLE",
      /rtmp_push/,
    ],
    ["encryption for a pull input", { ...HTTP, [ENCRYPTION]: "TRUE" }, ENCRYPTION, "NOT_APPLICABLE", /applies to srt_push/],
    ["SCTE-35 elsewhere", { ...HTTP, [SCTE35]: "true" }, SCTE35, "NOT_APPLICABLE", /applies to hls_pull/],
    ["yes", { ...HTTP, [SLATES]: "yes" }, SLATES, "INVALID_BOOLEAN", /must be TRUE or FALSE/],
    ["1", { ...HTTP, [SLATES]: "1" }, SLATES, "INVALID_BOOLEAN", /must be TRUE or FALSE/],
    ["neither HLS nor DASH", { ...HTTP, [HLS]: "FALSE" }, HLS, "REQUIRED", /needs HLS or DASH/],
    ["HLS elsewhere", { ...MULTICAST, [HLS]: "TRUE" }, HLS, "NOT_APPLICABLE", /applies to http/],
    ["DASH elsewhere", { ...FILE, [DASH]: "TRUE" }, DASH, "NOT_APPLICABLE", /applies to http/],
    ["a provider for HTTP", { ...HTTP, [PROVIDER]: "NETINT" }, PROVIDER, "NOT_APPLICABLE", /multicast, srt_push/],
    ["a long provider", { ...MULTICAST, [PROVIDER]: "x".repeat(101) }, PROVIDER, "TOO_LONG", /100/],
    ["a program number for HTTP", { ...HTTP, [PROGRAM]: "1" }, PROGRAM, "NOT_APPLICABLE", /multicast, srt_push/],
    ["program number 0", { ...MULTICAST, [PROGRAM]: "0" }, PROGRAM, "OUT_OF_RANGE", /1 to 65535/],
    ["program number 65536", { ...MULTICAST, [PROGRAM]: "65536" }, PROGRAM, "OUT_OF_RANGE", /1 to 65535/],
    ["a leading zero", { ...MULTICAST, [PROGRAM]: "0259" }, PROGRAM, "INVALID_NUMBER", /1 to 65535/],
    ["no file format", { ...FILE, [FORMAT]: "" }, FORMAT, "REQUIRED", /mkv or mp4/],
    ["a wrong file format", { ...FILE, [FORMAT]: "avi" }, FORMAT, "INVALID_VALUE", /must be mkv or mp4/],
    ["a format elsewhere", { ...HTTP, [FORMAT]: "mkv" }, FORMAT, "NOT_APPLICABLE", /file output/],
    ["a duration between", { ...FILE, [DURATION]: "301" }, DURATION, "NOT_A_MULTIPLE", /a multiple of 300 from 300 to 43200/],
    ["duration 0", { ...FILE, [DURATION]: "0" }, DURATION, "OUT_OF_RANGE", /a multiple of 300 from 300 to 43200/],
    ["a long duration", { ...FILE, [DURATION]: "43500" }, DURATION, "OUT_OF_RANGE", /a multiple of 300 from 300 to 43200/],
    ["a duration elsewhere", { ...HTTP, [DURATION]: "300" }, DURATION, "NOT_APPLICABLE", /file output/],
    ["URLs for HTTP", { ...HTTP, output_urls: "https://example.com/" }, "output_urls", "NOT_APPLICABLE", /non-HTTP/],
    ["no output URL", { ...MULTICAST, output_urls: "" }, "output_urls", "REQUIRED", /required for multicast/],
    ["too few URLs", { ...MULTICAST, template_name: "HD Ladder" }, "output_urls", "URL_COUNT", /A multicast output .* 2, and 1 were given/],
    [
      "too many URLs",
      { ...MULTICAST, output_urls: "udp://239.1.1.1:1 udp://239.1.1.1:2" },
      "output_urls",
      "URL_COUNT",
      /1, and 2 were given/,
    ],
    ["two base URLs", { ...CMAF, output_urls: "https://a.example/x https://b.example/x" }, "output_urls", "URL_COUNT", /takes one URL/],
    ["a wrong output scheme", { ...MULTICAST, output_urls: "srt://239.1.1.1:1" }, "output_urls", "INVALID_URL", /udp:\/\//],
    ["a path that climbs", { ...FILE, output_urls: "../news.mkv" }, "output_urls", "URL_NOT_ALLOWED", /\.\./],
    ["an absolute path", { ...FILE, output_urls: "/etc/passwd" }, "output_urls", "URL_NOT_ALLOWED", /relative/],
  ])("%s", (_what, row, column, code, message) => {
    const { errors, draft } = check(row);
    expect(errors.map((error) => [error.row, error.column, error.code])).toEqual([[2, column, code]]);
    expect(errors[0]?.message).toMatch(message);
    expect(draft).toBeNull();
  });
});

describe("a row that is accepted", () => {
  it.each<[what: string, row: Row, expected: object]>([
    ["plain HTTP", HTTP, { name: "Channel 5", description: null, region: "local", slatesEnabled: false, streamRemap: [] }],
    ["a name with blanks around", { ...HTTP, name: "  Channel 5 " }, { name: "Channel 5" }],
    ["types in capitals", { ...HTTP, input_type: "MULTICAST_PULL", output_type: "Http" }, { source: { type: "MULTICAST_PULL" } }],
    ["a template in another case", { ...HTTP, template_name: " hd ladder " }, { playbacks: [{ templateId: "template_hd ladder" }] }],
    ["booleans in any case", { ...HTTP, [HLS]: "false", [DASH]: "True" }, { playbacks: [{ hlsEnabled: false, dashEnabled: true }] }],
    ["FALSE where it does not apply", { ...MULTICAST, [HLS]: "FALSE", [SCTE35]: "false", [ENCRYPTION]: "FALSE" }, {}],
    [
      "a blank where nothing applies",
      { ...HTTP, [PROVIDER]: "  ", output_urls: " " },
      { playbacks: [{ serviceProvider: null, urls: [] }] },
    ],
    ["a blank passphrase without encryption", { ...SRT_INPUT, [PASSPHRASE]: " ".repeat(12) }, { source: { srtPassphrase: null } }],
    ["a blank passphrase with encryption", { ...ENCRYPTED, [PASSPHRASE]: " ".repeat(12) }, { source: { srtPassphrase: " ".repeat(12) } }],
    ["failover with its defaults", FAILOVER, { source: { failover: { recoveryIntervalSeconds: 120, errorThresholdPercent: null } } }],
    ["remain on B", { ...FAILOVER, [RECOVERY]: "-1" }, { source: { failover: { recoveryIntervalSeconds: -1 } } }],
    [
      "a threshold",
      { ...FAILOVER, [THRESHOLD]: "3.0" },
      { source: { failover: { recoveryIntervalSeconds: 120, errorThresholdPercent: 3 } } },
    ],
    ["the least threshold", { ...FAILOVER, [THRESHOLD]: "0.01" }, { source: { failover: { errorThresholdPercent: 0.01 } } }],
    ["the most threshold", { ...FAILOVER, [THRESHOLD]: "100.0" }, { source: { failover: { errorThresholdPercent: 100 } } }],
    ["a push with its key", { ...SRT_INPUT, [KEY]: "myStreamKey" }, { source: { customStreamKey: "myStreamKey", urlA: null } }],
    ["encryption without passphrase", ENCRYPTED, { source: { srtEncryptionEnabled: true, srtPassphrase: null } }],
    ["a passphrase with blanks", { ...ENCRYPTED, [PASSPHRASE]: " 12345678 " }, { source: { srtPassphrase: " 12345678 " } }],
    ["SCTE-35", { ...HLS_INPUT, [SCTE35]: "TRUE" }, { source: { hlsScte35PassthroughEnabled: true } }],
    ["slates", { ...HTTP, [SLATES]: "tRuE" }, { slatesEnabled: true }],
    ["a description as it is", { ...HTTP, description: "  =1+1\r\nnext " }, { description: "  =1+1\r\nnext " }],
    [
      "service and program",
      { ...MULTICAST, [PROVIDER]: "NETINT", [PROGRAM]: "65535" },
      { playbacks: [{ serviceProvider: "NETINT", programNumber: 65535 }] },
    ],
    [
      "a path with blanks",
      { ...FILE, output_urls: "late news/at ten.mkv" },
      { playbacks: [{ urls: ["late news/at ten.mkv"], fileFormat: "MKV" }] },
    ],
    [
      "mp4 in pieces",
      { ...FILE, [FORMAT]: "mp4", [DURATION]: "43200" },
      { playbacks: [{ fileFormat: "MP4", maxFileDurationSeconds: 43200 }] },
    ],
    [
      "one URL for each rendition, any whitespace between",
      { ...MULTICAST, template_name: "HD Ladder", output_urls: " udp://239.1.1.1:1\n\tudp://239.1.1.2:2 " },
      { playbacks: [{ urls: ["udp://239.1.1.1:1", "udp://239.1.1.2:2"] }] },
    ],
    ["passthrough counts as one", { ...MULTICAST, template_name: "As it comes" }, { playbacks: [{ urls: ["udp://239.1.10.134:5001"] }] }],
    ["one base URL", { ...CMAF, template_name: "HD Ladder" }, { playbacks: [{ urls: ["https://example.com/ingest"] }] }],
  ])("%s", (_what, row, expected) => {
    const { errors, draft } = check(row);
    expect(errors).toEqual([]);
    expect(draft).toMatchObject(expected);
  });
});

describe("the errors of one row", () => {
  it("are all told, in the order of the file's columns", () => {
    const row = {
      [DURATION]: "7",
      output_type: "fill",
      [SLATES]: "maybe",
      name: "",
      "input_urls-a": "nowhere",
      template_name: "Quux 17 XYZ",
      input_type: "hls_pull",
      output_name: "x".repeat(300),
      [RECOVERY]: "1e3",
    };
    expect(check(row).errors.map((error) => [error.column, error.code])).toEqual([
      [DURATION, "OUT_OF_RANGE"],
      ["output_type", "UNKNOWN_TYPE"],
      [SLATES, "INVALID_BOOLEAN"],
      ["name", "REQUIRED"],
      ["input_urls-a", "INVALID_URL"],
      ["template_name", "TEMPLATE_NOT_FOUND"],
      ["output_name", "TOO_LONG"],
      [RECOVERY, "NOT_APPLICABLE"],
    ]);
  });

  it("go on past a template that is not known", () => {
    const row = { ...MULTICAST, template_name: "Quux 17 XYZ", output_urls: "udp://239.1.1.1:1 http://127.0.0.1/" };
    expect(check(row).errors.map((error) => [error.column, error.code, error.message])).toEqual([
      ["template_name", "TEMPLATE_NOT_FOUND", expect.any(String)],
      ["output_urls", "INVALID_URL", expect.stringMatching(/^URL 2: /)],
    ]);
  });

  it("do not follow from one another", () => {
    expect(check({ ...SRT_INPUT, [ENCRYPTION]: "maybe", [PASSPHRASE]: "0123456789" }).errors).toHaveLength(1);
    expect(check({ ...HTTP, [HLS]: "maybe" }).errors).toHaveLength(1);
    expect(check({ ...HTTP, [HLS]: "", [DASH]: "maybe" }).errors).toHaveLength(1);
    expect(check({ ...HTTP, "input_urls-b": "nowhere", [RECOVERY]: "120" }).errors).toHaveLength(1);
    expect(check({ ...HTTP, input_type: "nothing", [KEY]: "myStreamKey", "input_urls-b": "x" }).errors).toHaveLength(1);
  });

  it("name the column as the file spells it, and the format's spelling where the file has none", () => {
    const { "input_urls-a": _, [HLS]: __, ...row } = HTTP;
    expect(check({ ...row, " Output_Settings-Enable_HLS ": "maybe" }).errors.map((error) => [error.column, error.value])).toEqual([
      [" Output_Settings-Enable_HLS ", "maybe"],
      ["input_urls-a", null],
    ]);
  });
});

describe("the value of an error", () => {
  const valueOf = (row: Row) => check(row).errors.map((error) => error.value)[0];

  it("is cut at 100 characters, never within one", () => {
    expect(valueOf({ ...HTTP, name: "x".repeat(300) })).toBe("x".repeat(100));
    expect(valueOf({ ...HTTP, name: `${"x".repeat(99)}${"😀".repeat(200)}` })).toBe("x".repeat(99));
  });

  it("never holds a secret", () => {
    const masked = "••••••••";
    expect(valueOf({ ...SRT_INPUT, [KEY]: "not a key at all" })).toBe(masked);
    expect(valueOf({ ...ENCRYPTED, [PASSPHRASE]: "short" })).toBe(masked);
    expect(valueOf({ ...HTTP, "input_urls-a": "https://operator:hunter2@a.example/x" })).toBe(`https://${masked}@a.example/x`);
    expect(valueOf({ ...HTTP, "input_urls-a": "operator:hunter2@a.example" })).toBe(`${masked}@a.example`);
    expect(valueOf({ ...HTTP, "input_urls-a": "srt://a.example:1?passphrase=hunter2hunter2" })).not.toMatch(/hunter2/);
    expect(valueOf({ ...HTTP, [SLATES]: "https://operator:hunter2@a.example/x" })).not.toMatch(/hunter2/);
    expect(JSON.stringify(check({ ...HTTP, template_name: "https://operator:hunter2@a.example/x" }).errors)).not.toMatch(/hunter2/);
    expect(valueOf({ ...HTTP, "input_urls-a": `https://operator:${"hunter2".repeat(1000)}@a.example/x` })).toBe(masked);
  });
});

it("every column of the format has a rule that can refuse it or says that anything goes", () => {
  const refusable = CSV_COLUMNS.filter(({ key }) => key !== "description").map(({ header, isBoolean, isRequired }) => {
    const row = { ...HTTP, [header]: isBoolean ? "maybe" : isRequired ? "" : "\0" };
    return [header, check(row).errors.some((error) => error.column === header)];
  });
  expect(refusable.filter(([, isRefused]) => !isRefused)).toEqual([]);
});
