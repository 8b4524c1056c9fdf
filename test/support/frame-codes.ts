import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** So many columns across the upper quarter of the picture say in black and white which frame it is. */
const BITS = 16;

/** A test picture whose every frame bears its number; an ffmpeg filter graph without inputs. */
export function codedPicture({ size = "320x180", frameRate = 25 }: { readonly size?: string; readonly frameRate?: number }): string {
  const boxes = Array.from(
    { length: BITS },
    (_, bit) => `drawbox=x=iw*${bit}/${BITS}:y=0:w=iw/${BITS}:h=ih/4:color=white:t=fill:enable='mod(floor(n/${2 ** bit}),2)'`,
  );
  return [`testsrc2=size=${size}:rate=${frameRate}`, "drawbox=x=0:y=0:w=iw:h=ih/4:color=black:t=fill", ...boxes].join(",");
}

/** The numbers of the frames of a file or playlist, in the order in which they are shown; rejects when a decoder complains. */
export async function readFrameCodes(target: string, { ignoreComplaints = false, isPicture = false } = {}): Promise<readonly number[]> {
  const filter = `crop=iw:ih/4:0:0,scale=${BITS}:1:flags=area,format=gray`;
  // By its name a picture would be taken for the pattern of many.
  const format = isPicture ? ["-f", "jpeg_pipe"] : [];
  const options = ["-v", "error", "-nostdin", ...format, "-i", target, "-map", "0:v:0", "-vf", filter, "-fps_mode", "passthrough"];
  const { stdout, stderr } = await run("ffmpeg", [...options, "-f", "rawvideo", "pipe:1"], { encoding: "buffer", maxBuffer: 100_000_000 });
  if (stderr.length > 0 && !ignoreComplaints) throw new Error(`A decoder complains: ${stderr.toString().slice(0, 1_000)}`);
  return Array.from({ length: stdout.length / BITS }, (_, frame) => {
    const columns = stdout.subarray(frame * BITS, (frame + 1) * BITS);
    return columns.reduce((number, level, bit) => number + (level > 127 ? 2 ** bit : 0), 0);
  });
}
