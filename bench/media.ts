import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { ProcessHost } from "../src/encoder/ffmpeg.process.ts";
import { findCapabilities } from "../src/encoder/capabilities.ts";
import { openProcessRecords } from "../src/encoder/process-record.ts";
import { readBareCommand, startBare, type BareCommand } from "./bare-ffmpeg.ts";
import { median, report } from "./measure.ts";
import { benchCrowd } from "./media-crowd.ts";
import { openProduct, type Product, type Rendition, type Session } from "./media-product.ts";
import { startSource, type Source } from "./media-source.ts";
import { firstSegment } from "./playlists.ts";
import { listChildren, readTicksOf, TICKS_PER_SECOND } from "./processor-time.ts";

const ROUNDS = 5;
const WINDOW_MILLISECONDS = 4_000;
/** What runs for hours is measured once it has warmed up. */
const SETTLE_MILLISECONDS = 15_000;
const IDLE_SETTLE_MILLISECONDS = 5_000;
const IDLE_WINDOW_MILLISECONDS = 2_000;
const COPIES = 20;
/** As many as a machine of two cores takes beside as many bare ones, each with what a channel really sends. */
const CHANNELS = 10;
/** Sessions of the crowd, on one agent. */
const CROWD = 200;
const LIMIT_MILLISECONDS = 570_000;

const ENCODED = { videoCodec: "H264", frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 96 };
const LADDER: readonly Rendition[] = [
  { name: "720p", width: 1280, height: 720, videoBitrateKbps: 3_000, ...ENCODED },
  { name: "480p", width: 854, height: 480, videoBitrateKbps: 1_200, ...ENCODED },
  { name: "360p", width: 640, height: 360, videoBitrateKbps: 700, ...ENCODED },
];
const COPY: readonly Rendition[] = [{ name: "Source", isPassthrough: true }];

/** What all measurements share. */
export interface MediaBench {
  readonly product: Product;
  readonly host: ProcessHost;
  /** For outputs of bare ffmpeg. */
  readonly directory: string;
}

interface Kind {
  readonly name: string;
  readonly url: string;
  readonly sessions: readonly Session[];
  readonly playlistCount: number;
  /** Ours may take so many times the processor time of bare ffmpeg. */
  readonly most: number;
}

/**
 * Real sessions of one `headend start` against bare ffmpeg with the words that the product gives its own encoder, of the same multicast
 * source: how much later the first segment comes, what a session costs, and how 200 of them run.
 */
export async function benchMedia(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "headend-bench-media-"));
  const closers: (() => Promise<unknown> | void)[] = [() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 })];
  const limit = setTimeout(() => giveUp(directory), LIMIT_MILLISECONDS);
  // What it started ends with it, but only where it ends by itself.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  try {
    const { setprivPath } = await findCapabilities({ ffmpegPath: null, searchPath: process.env["PATH"] ?? "" });
    const host = { setprivPath, records: openProcessRecords(join(directory, "processes")) };
    const open = (...[group, shape]: [string, Parameters<typeof startSource>[3]]): Source => {
      const source = startSource(host, directory, group, shape);
      closers.push(() => source.sender.finish());
      return source;
    };
    const large = open("239.255.61.1", { width: 1280, height: 720, videoBitrateKbps: 3_000 });
    const small = open("239.255.61.2", { width: 320, height: 180, videoBitrateKbps: 300 });
    const rich = open("239.255.61.3", { width: 1280, height: 720, videoBitrateKbps: 5_000 });
    const product = await openProduct(directory, CROWD);
    closers.push(product.close);
    const bench: MediaBench = { product, host, directory: join(directory, "bare") };
    mkdirSync(bench.directory);
    const create = (name: string, count: number, url: string, renditions: readonly Rendition[]): Promise<readonly Session[]> =>
      product.createSessions({ name, count, url, renditions });
    const kinds: readonly Kind[] = [
      {
        name: "transcoding",
        url: large.url,
        sessions: await create("Ladder", 1, large.url, LADDER),
        playlistCount: LADDER.length,
        most: 1.05,
      },
      { name: "copying", url: small.url, sessions: await create("Copy", COPIES, small.url, COPY), playlistCount: 1, most: 1.3 },
    ];
    const channels: Kind = {
      name: "copying 5 Mbit/s",
      url: rich.url,
      sessions: await create("Channel", CHANNELS, rich.url, COPY),
      playlistCount: 1,
      most: 1.3,
    };
    const crowd = await create("Crowd", CROWD, small.url, COPY);
    const commands: BareCommand[] = [];
    for (const kind of kinds) commands.push(await benchFirstSegment(bench, kind));
    let idle = 0;
    for (const kind of [...kinds, channels]) idle = await benchProcessorTime(bench, kind);
    await benchCrowd(bench, crowd, commands[1] as BareCommand, idle);
  } finally {
    for (const close of closers.toReversed()) await close();
    clearTimeout(limit);
  }
}

/** On a machine that has too much else to do: the gateway is killed with us, and its processes with it. */
function giveUp(directory: string): void {
  console.log(`MISS the rest, which was not done after ${LIMIT_MILLISECONDS / 1_000} s`);
  process.once("exit", () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  process.exit(1);
}

/** From the request, or the start of the process, until every playlist names a segment. */
async function benchFirstSegment({ product, host, directory }: MediaBench, kind: Kind): Promise<BareCommand> {
  const session = kind.sessions[0] as Session;
  let command: BareCommand | null = null;
  const taken: Record<"ours" | "bare", number[]> = { ours: [], bare: [] };
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const asked = performance.now();
    await product.start([session]);
    const ours = (await firstSegment(session.directory, kind.playlistCount)) - asked;
    command ??= readBareCommand(product.pid, session.token, kind.url);
    await product.stop([session]);
    const started = performance.now();
    const token = `first-${kind.name}-${round}`;
    const child = startBare(host, command, directory, token);
    const bare = (await firstSegment(join(directory, token), kind.playlistCount)) - started;
    await child.finish();
    if (round > 0) {
      taken.ours.push(ours / 1_000);
      taken.bare.push(bare / 1_000);
    }
  }
  if (command === null) throw new Error("Nothing ran");
  const differences = taken.ours.map((seconds, round) => seconds - (taken.bare[round] ?? Number.NaN));
  const list = differences.map((seconds) => seconds.toFixed(2)).join(", ");
  const detail = `${median(taken.ours).toFixed(2)} s against ${median(taken.bare).toFixed(2)} s; round by round: ${list}`;
  report(`seconds by which the first segment comes later than of bare ffmpeg, ${kind.name}`, median(differences), 0.5, detail);
  return command;
}

/** Ticks a second of the process while no session runs, as warm as it was while some did. */
async function idleShare(pid: number): Promise<number> {
  await wait(IDLE_SETTLE_MILLISECONDS);
  const shares: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = readTicksOf([pid]);
    await wait(IDLE_WINDOW_MILLISECONDS);
    shares.push(((readTicksOf([pid]) - before) / IDLE_WINDOW_MILLISECONDS) * 1_000);
  }
  return median(shares);
}

/** Both sides run side by side and are read at the same moments: whatever else the machine does meets both. Gives what `idleShare` does. */
async function benchProcessorTime({ product, host, directory }: MediaBench, kind: Kind): Promise<number> {
  const { sessions, name, playlistCount, url } = kind;
  await product.start(sessions);
  await product.untilRunning(sessions);
  const command = readBareCommand(product.pid, sessions[0]?.token ?? "", url);
  const tokens = sessions.map((_, index) => `run-${name.replaceAll(/\W/g, "-")}-${index}`);
  const bare = tokens.map((token) => startBare(host, command, directory, token));
  await Promise.all(tokens.map((token) => firstSegment(join(directory, token), playlistCount)));
  await wait(SETTLE_MILLISECONDS);
  const pids = { ours: listChildren(product.pid, "ffmpeg"), node: [product.pid], bare: bare.map(({ pid }) => pid ?? 0) };
  const read = (): Record<keyof typeof pids, number> => ({
    ours: readTicksOf(pids.ours),
    node: readTicksOf(pids.node),
    bare: readTicksOf(pids.bare),
  });
  const used: Record<keyof typeof pids, number[]> = { ours: [], node: [], bare: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = read();
    const startedAt = performance.now();
    await wait(WINDOW_MILLISECONDS);
    const after = read();
    const seconds = (performance.now() - startedAt) / 1_000;
    for (const key of ["ours", "node", "bare"] as const) used[key].push((after[key] - before[key]) / seconds);
  }
  await Promise.all(bare.map((child) => child.finish()));
  await product.stop(sessions);
  const idle = await idleShare(product.pid);
  used.node = used.node.map((share) => share - idle);
  const ratios = used.bare.map((alone, round) => ((used.ours[round] ?? 0) + (used.node[round] ?? 0)) / alone);
  const each = (values: readonly number[]): string => `${((median(values) / TICKS_PER_SECOND / sessions.length) * 100).toFixed(2)} %`;
  const what = sessions.length === 1 ? "one session" : `each of ${sessions.length} sessions`;
  const detail = `of a core for ${what}: ffmpeg ${each(used.ours)}, Node.js ${each(used.node)}, bare ffmpeg ${each(used.bare)}`;
  report(`processor time of a session / bare ffmpeg, ${name}`, median(ratios), kind.most, detail);
  return idle;
}
