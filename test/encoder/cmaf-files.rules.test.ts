import { expect, it } from "vitest";
import { cmafFiles, readCmafName } from "../../src/encoder/cmaf-files.rules.ts";

const playlist = (...lines: string[]) => ({ name: "media_0.m3u8", text: ["#EXTM3U", ...lines, ""].join("\n") });

it("sends what playlists name and what they will name next, headers first, and removes what the encoder removed", () => {
  const names = [
    ...["manifest.mpd", "media_0.m3u8", "ra_0.init", "ra_1.init", "rb_0.init"],
    ...["ra_0_00003.m4s", "ra_0_00005.m4s", "ra_0_00004.m4s", "ra_1_00004.m4s", "rb_0_00004.m4s", "ra_0_00006.m4s.tmp"],
  ];
  const sent = new Set(["ra_0_00001.m4s", "ra_1.init"]);
  const playlists = [playlist("ra_0_00004.m4s"), playlist("ra_1_00003.m4s", "ra_1_00004.m4s")];
  expect(cmafFiles(playlists, names, sent)).toEqual({
    wanted: ["ra_0.init", "ra_0_00004.m4s", "ra_1_00004.m4s", "ra_0_00005.m4s"],
    gone: ["ra_0_00001.m4s"],
  });
});

it.each([
  ["master.m3u8", "PLAYLIST"],
  ["manifest.mpd.tmp", "OTHER"],
  ["r1_0_00001.m4s", "MEDIA"],
  ["../r1_0.init", "OTHER"],
])("takes %s for %s", (name, kind) => {
  expect(readCmafName(name).kind).toBe(kind);
});
