import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readManifest, type DashManifest } from "../../src/encoder/dash-manifest.rules.ts";
import { renderPlaylist, SegmentNumbering, segmentsOf, type DashSegment } from "../../src/encoder/dash-segments.rules.ts";
import { readXml } from "../../src/shared/read-xml.ts";

describe("XML", () => {
  it("is read with its entities, raw text, comments and prefixes", () => {
    const read = readXml(`<?xml version="1.0"?><!-- <a> --><x:a one="1 > 0" two='&amp;&#65;&#x42;'>\n t<b/><![CDATA[<c>]]>&lt;</x:a>\n`);
    expect(read).toEqual({
      name: "a",
      attributes: { one: "1 > 0", two: "&AB" },
      children: [{ name: "b", attributes: {}, children: [], text: "" }],
      text: "t<c><",
    });
  });

  it.each(["", "text", "<a>", "<a></b>", "<a/><b/>", "<a", "<!-- ", '<a b="', "</a>", `${"<a>".repeat(60)}${"</a>".repeat(60)}`])(
    "is not %j",
    (text) => {
      expect(readXml(text)).toBeNull();
    },
  );

  it("takes no longer than its length asks for, and never throws", () => {
    for (const piece of ["<!--", "<a ", "<a a", "&", "<![CDATA[", "a".repeat(10), " ", '<a b="', "<?"]) {
      const startedAt = performance.now();
      readXml(piece.repeat(Math.floor(1_000_000 / piece.length)));
      expect(performance.now() - startedAt).toBeLessThan(1_500);
    }
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("<", ">", "a", "/", '"', "=", " ", "<a>", "</a>", "<!--", "&#99;", "]]>")).map((parts) => parts.join("")),
        (text) => {
          readXml(text);
        },
      ),
    );
  });
});

const manifest = (body: string, own = ""): DashManifest | null =>
  readManifest(`<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ${own}>${body}</MPD>`, "https://cdn.example/live/x.mpd?token=t");
const set = (body: string, own = 'mimeType="video/mp4"'): string => `<AdaptationSet ${own}>${body}</AdaptationSet>`;
const live = 'type="dynamic" availabilityStartTime="1970-01-01T00:16:40Z" minimumUpdatePeriod="PT4S"';
const shown = (read: DashManifest | null, now = 1_100): readonly string[] =>
  read ? segmentsOf(read, "VIDEO", now).map(({ url }) => url) : [];

describe("a DASH manifest", () => {
  it("names segments by a timeline, attributes of all levels together", () => {
    const timeline = '<SegmentTimeline><S t="500" d="100" r="1"/><S d="50"/></SegmentTimeline>';
    const read = manifest(
      `<BaseURL>../media/</BaseURL><Period id="p" start="PT0S">${set(
        `<SegmentTemplate timescale="50" media="$RepresentationID$/$Time$-$Number%04d$.m4s?a=1&amp;b=$$" initialization="$RepresentationID$.mp4" startNumber="7">${timeline}</SegmentTemplate>
         <Representation id="low" bandwidth="100"/><Representation id="high" bandwidth="900"><BaseURL>hd/</BaseURL></Representation>`,
      )}</Period>`,
      live,
    );
    expect(read).toMatchObject({ isLive: true, updateSeconds: 4 });
    expect(read && segmentsOf(read, "VIDEO", 1_100)).toEqual(
      [
        ["500", "0007", 2],
        ["600", "0008", 2],
        ["700", "0009", 1],
      ].map(([time, number, seconds]) => ({
        key: `p ${time}`,
        url: `https://cdn.example/media/hd/high/${time}-${number}.m4s?a=1&b=$`,
        seconds,
        initializationUrl: "https://cdn.example/media/hd/high.mp4",
      })),
    );
  });

  it("repeats an entry up to the next one, to the end of the period, or to now", () => {
    const of = (period: string, entries: string): readonly string[] =>
      shown(
        manifest(
          `<Period ${period}>${set(`<SegmentTemplate media="$Time$"><SegmentTimeline>${entries}</SegmentTimeline></SegmentTemplate><Representation id="a"/>`)}</Period>`,
          live,
        ),
        1_006,
      );
    const names = (...times: readonly number[]): string[] => times.map((time) => `https://cdn.example/live/${time}`);
    expect(of('start="PT0S"', '<S t="0" d="2" r="-1"/><S t="4" d="1"/>')).toEqual(names(0, 2, 4));
    expect(of('start="PT0S" duration="PT4S"', '<S t="0" d="2" r="-1"/>')).toEqual(names(0, 2));
    expect(of('start="PT0S"', '<S t="0" d="2" r="-1"/>')).toEqual(names(0, 2, 4));
  });

  it("names segments by number, those alone that are surely there", () => {
    const body = `<Period start="PT10S">${set('<SegmentTemplate media="$Number$.m4s" duration="4" startNumber="3"/><Representation id="a"/>')}</Period>`;
    // 90 s into the period: 22 whole segments, of which the newest is left for the next time.
    expect(shown(manifest(body, live)).at(0)).toMatch(/\/14\.m4s$/);
    expect(shown(manifest(body, live)).at(-1)).toMatch(/\/23\.m4s$/);
    expect(shown(manifest(body, live), 1_005)).toEqual([]);
    expect(shown(manifest(body, 'type="static" mediaPresentationDuration="PT19S"')).length).toBe(3);
  });

  it("takes neither encrypted media, nor sheets of thumbnails, nor what has no template", () => {
    const template = '<SegmentTemplate media="$Number$" duration="1"/>';
    const read = manifest(
      `<Period>${set(`${template}<ContentProtection/><Representation id="a" bandwidth="9"/>`)}${set(`${template}<EssentialProperty schemeIdUri="http://dashif.org/guidelines/thumbnail_tile"/><Representation id="b" bandwidth="8"/>`)}${set('<Representation id="c" bandwidth="7"/>')}${set(`${template}<Representation id="d" bandwidth="1"/>`)}</Period>`,
      'mediaPresentationDuration="PT2S"',
    );
    expect(shown(read)).toHaveLength(2);
    expect(manifest("<Period/>")?.representations).toEqual([]);
    expect(readManifest("<html/>", "https://a.example/")).toBeNull();
  });
});

describe("a manifest of a hostile server", () => {
  const endless = '<SegmentTimeline><S t="0" d="1" r="999999999999999"/></SegmentTimeline>';
  const template = `<SegmentTemplate media="$Time$.m4s" timescale="1">${endless}</SegmentTemplate>`;
  const period = (index: number): string =>
    `<Period id="${index}">${set(`<Representation id="v" bandwidth="1">${template}</Representation>`)}</Period>`;
  const shared = `<SegmentTemplate media="$Time$">${`<SegmentTimeline>${'<S d="1"/>'.repeat(15_000)}</SegmentTimeline>`}</SegmentTemplate>`;

  it.each([
    ["endless periods", Array.from({ length: 5_000 }, (_, index) => period(index)).join("")],
    ["representations that share a long timeline", `<Period>${set(shared + '<Representation bandwidth="1"/>'.repeat(15_000))}</Period>`],
    [
      "segments that are over at once",
      `<Period>${set('<SegmentTemplate media="$Number$" duration="0.0000001"/><Representation/>')}</Period>`,
    ],
    ["more sets than anybody offers", `<Period>${set("<Representation/>").repeat(15_000)}</Period>`],
  ])("with %s holds nobody up", (_, body) => {
    for (const own of [live, 'type="static" mediaPresentationDuration="PT99999H"']) {
      const startedAt = performance.now();
      expect(shown(manifest(body, own)).length).toBeLessThanOrEqual(own === live ? 10 : 5_000);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    }
  });

  it("is none with more elements than a manifest needs", () => {
    const startedAt = performance.now();
    expect(readXml(`<a>${"<b/>".repeat(400_000)}</a>`)).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(readXml(`<a>${"<b/>".repeat(20_000)}</a>`)?.children).toHaveLength(20_000);
  });

  it("names the newest segments across its last periods, as many as one playlist holds", () => {
    const times = shown(
      manifest(
        `${period(0)}<Period id="n" start="PT1S">${set('<SegmentTemplate media="n$Number$" duration="30"/><Representation/>')}</Period>`,
        live,
      ),
    );
    expect(times).toHaveLength(10);
    expect(times.slice(0, 8).every((url) => url.endsWith(".m4s"))).toBe(true);
    expect(times.slice(8)).toEqual(["https://cdn.example/live/n1", "https://cdn.example/live/n2"]);
  });
});

describe("the playlist that it becomes", () => {
  const segment = (key: string, initializationUrl: string | null = null): DashSegment => ({
    key,
    url: `https://a.example/${key}`,
    seconds: 2,
    initializationUrl,
  });

  it("counts on as segments come and go, whatever window is shown", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 30 }), (steps) => {
        const numbering = new SegmentNumbering();
        let [from, to] = [0, 3];
        expect(numbering.number(Array.from({ length: to - from }, (_, index) => segment(`k${from + index}`)))).toBe(0);
        for (const [more, less] of steps) {
          // Playlists are read so often that one always holds something of the one before.
          from = Math.min(from + less, to - 1);
          to += more;
          expect(numbering.number(Array.from({ length: to - from }, (_, index) => segment(`k${from + index}`)))).toBe(from);
        }
      }),
    );
  });

  it("names headers where they change, and ends where nothing more comes", () => {
    const text = renderPlaylist(
      [segment("a", "https://a.example/i"), segment("b", "https://a.example/i"), segment("c", "https://a.example/j")],
      5,
      false,
    );
    expect(text.split("\n").filter((line) => line.startsWith("#EXT-X-MAP"))).toHaveLength(2);
    expect(text).toContain("#EXT-X-MEDIA-SEQUENCE:5\n");
    expect(text).toMatch(/#EXT-X-ENDLIST\n$/);
    expect(renderPlaylist([], 0, true)).toContain("#EXT-X-TARGETDURATION:1");
  });
});
