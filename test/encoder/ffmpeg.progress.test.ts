import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProgressParser } from "../../src/encoder/ffmpeg.progress.ts";

const text =
  "frame=50\nfps=25.00\nstream_0_0_q=-1.0\nbitrate=N/A\ntotal_size=N/A\nout_time_us=2000000\nout_time=00:00:02.000000\ndup_frames=1\ndrop_frames=2\nspeed=1x\nprogress=continue\n" +
  "frame=75\nfps=25.00\nout_time_us=3000000\ndrop_frames=2\nprogress=end\n";

describe("progress of ffmpeg", () => {
  it("is read block by block", () => {
    expect(new ProgressParser().push(text)).toEqual([
      { frame: 50, framesPerSecond: 25, outTimeSeconds: 2, duplicatedFrames: 1, droppedFrames: 2, isEnd: false },
      { frame: 75, framesPerSecond: 25, outTimeSeconds: 3, duplicatedFrames: null, droppedFrames: 2, isEnd: true },
    ]);
  });

  it("is the same in whatever pieces it arrives", () => {
    const blocks = new ProgressParser().push(text);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const parser = new ProgressParser();
        const bounds = [0, ...cuts.toSorted((one, other) => one - other), text.length];
        const found = bounds.slice(1).flatMap((end, index) => [...parser.push(text.slice(bounds[index], end))]);
        expect(found).toEqual(blocks);
      }),
    );
  });

  it.each(["out_time_us=N/A\nprogress=continue\n", "out_time_us=-9223372036854775807\nprogress=continue\n", "progress=continue\n"])(
    "knows no time where there is none: %j",
    (block) => expect(new ProgressParser().push(block)[0]?.outTimeSeconds).toBeNull(),
  );

  it("survives garbage", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (pieces) => {
        const parser = new ProgressParser();
        for (const piece of pieces) parser.push(piece);
      }),
    );
  });
});
