import { PROGRESS_PIPE } from "./ffmpeg.process.ts";

/** What ffmpeg is to make of the fragments that it is fed. */
export interface ClipCut {
  readonly isFrameAccurate: boolean;
  /** By the timestamps of the fragments. */
  readonly beginSeconds: number;
  readonly endSeconds: number;
  readonly hasPicture: boolean;
  readonly hasSound: boolean;
  /** ISO text. */
  readonly createdAt: string;
}

/** A frame whose time is given to a few digits is not to be missed by them. */
const EARLY_SECONDS = 0.0005;
/** Hardly to be told from the replay, which was encoded once already. */
const QUALITY = ["-preset", "veryfast", "-crf", "20"];

/** Arguments that read fragments from standard input and write an MP4 of this name. */
export function clipArguments(cut: ClipCut, fileName: string): readonly string[] {
  return [
    ...["-hide_banner", "-y", "-nostdin", "-nostats", "-loglevel", "error", "-progress", PROGRESS_PIPE],
    ...["-protocol_whitelist", "file,pipe"],
    ...(cut.isFrameAccurate ? ["-copyts"] : []),
    ...["-f", "mp4", "-i", "pipe:0", "-map", "0:v:0?", "-map", "0:a:0?"],
    ...(cut.isFrameAccurate ? encode(cut) : ["-c", "copy", "-t", seconds(cut.endSeconds - cut.beginSeconds), "-strict", "experimental"]),
    ...["-metadata", `creation_time=${cut.createdAt}`, "-movflags", "+faststart", "-f", "mp4", `file:${fileName}`],
  ];
}

/** As every browser plays it, whatever the replay is in. */
function encode({ beginSeconds, endSeconds, hasPicture, hasSound }: ClipCut): readonly string[] {
  const [from, to] = [seconds(beginSeconds - EARLY_SECONDS), seconds(endSeconds - EARLY_SECONDS)];
  const picture = `trim=start=${from}:end=${to},setpts=PTS-${from}/TB,format=yuv420p`;
  const sound = `atrim=start=${from}:end=${to},asetpts=PTS-${from}/TB,aresample=async=1000:first_pts=0`;
  return [
    ...(hasPicture ? ["-vf", picture, "-fps_mode", "vfr", "-c:v", "libx264", ...QUALITY] : []),
    ...(hasSound ? ["-af", sound, "-c:a", "aac", "-b:a", "160k"] : []),
  ];
}

function seconds(value: number): string {
  return value.toFixed(6);
}
