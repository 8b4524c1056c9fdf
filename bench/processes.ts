import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pino } from "pino";
import { Archive } from "../src/encoder/archive.ts";
import { ArchiveFolder } from "../src/encoder/archive-folder.ts";
import { planEncoder, type EncoderPlan } from "../src/encoder/encoder-plan.ts";
import { DEFAULT_PRESETS, encoderArguments } from "../src/encoder/ffmpeg.arguments.ts";
import type { OutputLaunch, ProcessLaunch } from "../src/encoder/runner.ts";
import { createStillReader } from "../src/encoder/still-reader.ts";
import { writeStill } from "../src/encoder/still-store.ts";
import type { RenditionSettings } from "../src/templates/template.rules.ts";
import { median, report } from "./measure.ts";
import { readTicks, TICKS_PER_SECOND } from "./processor-time.ts";

const ROUNDS = 5;
const MEDIA_SECONDS = 20;
const LADDER = (
  [
    [1280, 720, 3_000],
    [854, 480, 1_200],
    [640, 360, 700],
  ] as const
).map(([width, height, videoBitrateKbps]): RenditionSettings => ({
  ...{ id: `r${height}`, name: `${height}p`, isPassthrough: false, videoCodec: "H264", width, height, videoBitrateKbps },
  ...{ frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 96 },
}));

/**
 * Processor time of a three-rung session with all four processes of every rung, as a ratio to the same without them, and of four ffmpeg
 * processes beside the session that make the same of its top rung. Processor time does not depend on how fast the input comes: it is
 * given as fast as it is taken, so that a round is short.
 */
export async function benchProcesses(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "headend-bench-processes-"));
  try {
    const source = makeSource();
    const kinds: Readonly<Record<"bare" | "processes" | "separate", number[]>> = { bare: [], processes: [], separate: [] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      const measured = {
        bare: await runSession(source, join(directory, `bare-${round}`), []),
        processes: await runSession(source, join(directory, `all-${round}`), allProcesses()),
        separate: await runSeparate(source, join(directory, `separate-${round}`)),
      };
      // The first round warms up.
      if (round > 0) for (const kind of ["bare", "processes", "separate"] as const) kinds[kind].push(measured[kind]);
    }
    const [bare, processes, separate] = [median(kinds.bare), median(kinds.processes), median(kinds.separate)];
    const seconds = `${processes.toFixed(2)} s of processor time against ${bare.toFixed(2)} s, for ${MEDIA_SECONDS} s of media`;
    report("a three-rung session with all four processes on every rung / the same session without", processes / bare, 1.25, seconds);
    const extra = processes - bare;
    report(
      "what they add / four ffmpeg processes of their own on one rung",
      extra / separate,
      1,
      `${extra.toFixed(2)} s against ${separate.toFixed(2)} s`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeSource(): Buffer {
  const inputs = [
    "-f",
    "lavfi",
    "-i",
    "testsrc2=size=1280x720:rate=25",
    "-f",
    "lavfi",
    "-i",
    "sine=sample_rate=48000",
    "-t",
    String(MEDIA_SECONDS),
  ];
  const codec = ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "4000k", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac"];
  return execFileSync("ffmpeg", ["-v", "error", "-nostdin", ...inputs, ...codec, "-f", "mpegts", "pipe:1"], { maxBuffer: 100_000_000 });
}

function allProcesses(): readonly ProcessLaunch[] {
  return LADDER.flatMap(({ id }) =>
    (["RECORDING", "REPLAY", "THUMBNAIL", "MOTION_CLIP"] as const).map((kind): ProcessLaunch => ({
      ...{ processId: `${kind}-${id}`, kind, playbackId: "p", renditionId: id, pathToken: `${kind}-${id}` },
      intervalSeconds: kind === "THUMBNAIL" || kind === "MOTION_CLIP" ? 10 : null,
      durationSeconds: kind === "MOTION_CLIP" ? 3 : null,
    })),
  );
}

/** Seconds of processor time of the encoder, and of this process for what it hands over. */
async function runSession(source: Buffer, directory: string, processes: readonly ProcessLaunch[]): Promise<number> {
  execFileSync("mkdir", ["-p", join(directory, "live")]);
  const output: OutputLaunch = {
    ...{ playbackId: "p", name: "Web", type: "HTTP", renditions: LADDER, urls: [], hlsEnabled: true, dashEnabled: false },
    ...{ fileFormat: null, maxFileDurationSeconds: null, serviceProvider: null, programNumber: null, pathToken: "live" },
  };
  const video = { codec: "h264", profile: null, level: null, width: 1280, height: 720, frameRate: { numerator: 25, denominator: 1 } };
  const plan = planEncoder({
    ...{ outputs: [output], processes, filesOf: () => [], localUrlsOf: () => [] },
    facts: { video: { ...video, isInterlaced: false, pixelAspect: 1 }, audio: { codec: "aac", profile: "LC" } },
  });
  const settings = { presets: DEFAULT_PRESETS, coreCount: 2, startNumber: 1, runName: "r1", left: new Map() };
  const own = process.cpuUsage();
  const taps = plan.processes.archives.length + plan.processes.stills.length;
  const child = spawn("ffmpeg", encoderArguments(plan, settings), {
    cwd: directory,
    stdio: ["pipe", "ignore", "ignore", "pipe", "ignore", "ignore", "ignore", ...Array<"pipe">(taps).fill("pipe")],
  });
  (child.stdio[3] as Readable).resume();
  const keep = follow(plan, child, directory);
  const used = await usageOf(child, source);
  await keep();
  const { user, system } = process.cpuUsage(own);
  return used + (user + system) / 1_000_000;
}

function follow({ processes }: EncoderPlan, child: ChildProcess, directory: string): () => Promise<unknown> {
  const tapOf = (tap: number): Readable => child.stdio[7 + tap] as Readable;
  const archives = processes.archives.map(({ tap, rendition }) => {
    const archive = new Archive({
      openFolders: () => Promise.all((["RECORDING", "REPLAY"] as const).map((kind) => openFolder(directory, kind, rendition.id))),
      replaceFolder: () => Promise.resolve(null),
      ...{ onFull: () => undefined, onGrowth: () => undefined, isStorageFull: () => false, log: pino({ level: "silent" }) },
    });
    archive.follow(tapOf(tap));
    return archive;
  });
  const writes: Promise<unknown>[] = [];
  for (const still of processes.stills) {
    const reader = createStillReader(still);
    tapOf(still.tap).on("data", (chunk: Buffer) => {
      for (const bytes of reader.push(chunk)) for (const id of still.processIds) writes.push(writeStill(directory, id, still.kind, bytes));
    });
  }
  return () => Promise.all([...archives.map((archive) => archive.close()), ...writes]);
}

function openFolder(root: string, kind: "RECORDING" | "REPLAY", id: string): Promise<ArchiveFolder> {
  return ArchiveFolder.create(root, {
    ...{ id: `${kind}-${id}`, organizationId: "", sessionId: "", runId: "", processId: null, kind, playbackId: "", renditionId: id },
    ...{ playbackName: null, renditionName: null, fileName: "", contentType: "", createdAt: "", limitSeconds: null, isIndependent: true },
    ...{ state: "OPEN", reason: null, bytes: 0, durationSeconds: 0, droppedSeconds: 0, captionsFileName: null, waitsForRoom: false },
  });
}

/** A process for each of the four, which decodes the input for itself; the first two copy what it is. */
async function runSeparate(source: Buffer, directory: string): Promise<number> {
  execFileSync("mkdir", ["-p", directory]);
  const clip = ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-threads", "1", "-an"];
  const works = [
    ["-map", "0", "-c", "copy", "recording.mkv"],
    ["-map", "0", "-c", "copy", "-f", "hls", "-hls_time", "4", "-hls_list_size", "0", "-hls_segment_type", "fmp4", "replay.m3u8"],
    ["-an", "-vf", "select='isnan(prev_selected_t)+gte(t-prev_selected_t,10)'", "-vsync", "vfr", "-update", "1", "thumbnail.jpg"],
    ["-vf", "select='lt(mod(t,10),3)',scale=640:360", ...clip, "-f", "segment", "-segment_time", "3", "clip-%d.mp4"],
  ];
  let used = 0;
  for (const words of works) {
    const child = spawn("ffmpeg", ["-y", "-v", "error", "-f", "mpegts", "-i", "pipe:0", ...words], {
      cwd: directory,
      stdio: ["pipe", "ignore", "ignore"],
    });
    used += await usageOf(child, source);
  }
  return used;
}

/** Feeds a process until it ends, and gives the processor time that it took, as the system last told it. */
async function usageOf(child: ChildProcess, source: Buffer): Promise<number> {
  const stdin = child.stdin as Writable;
  stdin.on("error", () => undefined);
  stdin.end(source);
  let ticks = 0;
  const watch = setInterval(() => (ticks = readTicks(child.pid) ?? ticks), 10);
  await new Promise<void>((resolve) => child.once("close", () => resolve()));
  clearInterval(watch);
  return ticks / TICKS_PER_SECOND;
}
