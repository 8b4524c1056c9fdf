import { describe, expect, it } from "vitest";
import { tellAddresses } from "../../src/encoder/push-servers.ts";

const RTMP = { port: 1935, tlsPort: 1936 };
const SRT = { port: 9710 };
const UNKNOWN = [expect.stringMatching(/127\.0\.0\.1.*HEADEND_INGEST_HOST/) as unknown];

describe("the addresses that senders are told", () => {
  it("name the host that senders know", () => {
    expect(tellAddresses({ host: "0.0.0.0", ingestHost: "in.example" }, { rtmp: RTMP, srt: SRT })).toEqual({
      addresses: { rtmp: "rtmp://in.example:1935/live", rtmps: "rtmps://in.example:1936/live", srt: "srt://in.example:9710" },
      missing: [],
    });
    expect(tellAddresses({ host: "2001:db8::7", ingestHost: null }, { rtmp: null, srt: SRT })).toEqual({
      addresses: { srt: "srt://[2001:db8::7]:9710" },
      missing: [],
    });
    expect(tellAddresses({ host: "127.0.0.1", ingestHost: null }, { rtmp: RTMP, srt: SRT }).missing).toEqual([]);
  });

  it.each(["0.0.0.0", "::"])("are said to be of no use to others when no host is named: %s", (host) => {
    expect(tellAddresses({ host, ingestHost: null }, { rtmp: null, srt: SRT })).toEqual({
      addresses: { srt: "srt://127.0.0.1:9710" },
      missing: UNKNOWN,
    });
    expect(tellAddresses({ host, ingestHost: null }, { rtmp: { ...RTMP, tlsPort: null }, srt: null })).toEqual({
      addresses: { rtmp: "rtmp://127.0.0.1:1935/live" },
      missing: UNKNOWN,
    });
    expect(tellAddresses({ host, ingestHost: null }, { rtmp: null, srt: null })).toEqual({ addresses: {}, missing: [] });
  });
});
