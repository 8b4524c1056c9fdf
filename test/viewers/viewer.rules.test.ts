import { describe, expect, it } from "vitest";
import { viewerOf, type MediaRequest } from "../../src/viewers/viewer.rules.ts";

const base: MediaRequest = { address: "203.0.113.7", headers: { "user-agent": "Player/1" }, target: "/live/token/index.m3u8" };
const withHeaders = (headers: MediaRequest["headers"]): MediaRequest => ({ ...base, headers: { ...base.headers, ...headers } });
const queried = (data: string): MediaRequest => ({ ...base, target: `/live/token/0.m4s?CMCD=${encodeURIComponent(data)}` });

describe("a viewer", () => {
  it.each<[string, MediaRequest, MediaRequest]>([
    ["what else it fetches", base, { ...base, target: "/live/token/video.m3u8?x=1" }],
    [
      "its playback's id in a header, wherever it comes from",
      withHeaders({ "cmcd-session": 'sid="a1",sf=h' }),
      { ...withHeaders({ "cmcd-session": 'cid="x", sid="a1"' }), address: "203.0.113.8" },
    ],
    ["its playback's id in the query", queried('bl=2000,sid="a1"'), queried('sid="a1",st=l')],
    ["its playback's id, in the header or in the query", withHeaders({ "cmcd-session": 'sid="a1"' }), queried('sid="a1"')],
    [
      "a name that is longer than is looked at",
      withHeaders({ "user-agent": "x".repeat(400) }),
      withHeaders({ "user-agent": "x".repeat(500) }),
    ],
    ["data without an id", base, queried("bl=2000")],
    ["data that cannot be read", base, { ...base, target: "/live/token/0.m4s?CMCD=%E0%A4%A" }],
  ])("is the same with %s", (_what, one, other) => {
    expect(viewerOf(one)).toBe(viewerOf(other));
  });

  it.each<[string, MediaRequest, MediaRequest]>([
    ["address", base, { ...base, address: "203.0.113.8" }],
    ["kind of player", base, withHeaders({ "user-agent": "Player/2" })],
    ["playback's id", withHeaders({ "cmcd-session": 'sid="a1"' }), withHeaders({ "cmcd-session": 'sid="a2"' })],
    ["playback's id, where another has none", withHeaders({ "cmcd-session": 'sid="a1"' }), base],
    ["address, where none is known", base, { ...base, address: null }],
  ])("is another one with another %s", (_what, one, other) => {
    expect(viewerOf(one)).not.toBe(viewerOf(other));
  });

  it("is told by nothing that could be read back", () => {
    expect(viewerOf(base)).toMatch(/^[\w-]{22}$/);
  });
});
