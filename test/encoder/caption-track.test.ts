import { pino } from "pino";
import { expect, it } from "vitest";
import { CaptionTrack, type CaptionedFolder } from "../../src/encoder/caption-track.ts";

const log = pino({ level: "silent" });

interface Kept extends CaptionedFolder {
  seconds: number;
  readonly lines: string[];
}

function folderOf(kind: "RECORDING" | "REPLAY", addCaptions?: CaptionedFolder["addCaptions"]): Kept {
  const lines: string[] = [];
  const marker = { id: "asset_1", kind } as CaptionedFolder["marker"];
  const add = async (text: string): Promise<void> => void lines.push(...text.trimEnd().split("\n"));
  return { marker, seconds: 0, lines, addCaptions: addCaptions ?? add };
}

const at = (...seconds: readonly number[]) => seconds.map((each) => ({ seconds: each, pairs: ["942c"] }));

it("lays captions where their pictures are, whichever of the two comes first, and none where no picture was kept", async () => {
  const track = new CaptionTrack(log);
  const [recording, replay] = [folderOf("RECORDING"), folderOf("REPLAY")];
  track.push(1, at(1, 10, 11));
  await track.advance(12);
  expect(recording.lines).toEqual([]);
  track.beginRun(1);
  // The picture begins at 10 s of the process, as the first of the archive.
  track.lay({ fromSeconds: 10, shiftSeconds: -10 });
  track.beginSegment([recording, replay], 0);
  await track.advance(10.5);
  expect(recording.lines).toEqual(["0.000 942c"]);
  await track.advance(12);
  track.push(1, at(11.5, 12.2, 14));
  await track.advance(12.1);
  expect(recording.lines).toEqual(["0.000 942c", "1.000 942c", "1.500 942c"]);
  // Nothing was kept from there to 20 s: what came in between is nowhere.
  await track.endRun();
  track.lay(null);
  track.push(1, at(15, 20.4));
  recording.seconds = 2.1;
  track.lay({ fromSeconds: 20, shiftSeconds: -17.9 });
  track.beginSegment([recording], 2.1);
  await track.advance(21);
  expect(recording.lines.slice(3)).toEqual(["2.200 942c", "2.500 942c"]);
  expect(replay.lines).toEqual([]);
});

it("counts times from the beginning of each recording, and tells encoder processes apart", async () => {
  const track = new CaptionTrack(log);
  const [first, second] = [folderOf("RECORDING"), folderOf("RECORDING")];
  track.beginRun(1);
  track.lay({ fromSeconds: 0, shiftSeconds: 0 });
  track.beginSegment([first], 0);
  track.push(1, at(3));
  await track.advance(60);
  track.push(1, at(70));
  // Of another process, whose picture does not come yet.
  track.push(2, at(1));
  await track.endRun();
  track.beginRun(2);
  track.lay({ fromSeconds: 0, shiftSeconds: 60 });
  // Its pictures are of another kind, and go into a file of their own.
  track.beginSegment([second], 60);
  await track.advance(2);
  expect([first.lines, second.lines]).toEqual([["3.000 942c"], ["1.000 942c"]]);
});

it("does without captions that cannot be written", async () => {
  const track = new CaptionTrack(log);
  const full = folderOf("RECORDING", () => Promise.reject(new Error("No room")));
  const other = folderOf("RECORDING");
  track.beginRun(1);
  track.lay({ fromSeconds: 0, shiftSeconds: 0 });
  track.beginSegment([full, other], 0);
  track.push(1, at(1));
  await track.advance(2);
  expect(other.lines).toEqual(["1.000 942c"]);
});
