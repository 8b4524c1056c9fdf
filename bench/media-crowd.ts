import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startBare, type BareCommand } from "./bare-ffmpeg.ts";
import { report, reportAtLeast } from "./measure.ts";
import type { MediaBench } from "./media.ts";
import type { Session } from "./media-product.ts";
import { firstSegment, notePlaylist, sumUp, watchPlaylist, type Watched } from "./playlists.ts";
import { listChildren, proportionalMegabytes, readTicks, readTicksOf, TICKS_PER_SECOND } from "./processor-time.ts";

const RUN_SECONDS = 60;
const BARE_SECONDS = 20;
const NOTE_SECONDS = 5;
const SETTLE_MILLISECONDS = 5_000;

interface Run {
  /** Of a core, for all of them. */
  readonly cores: number;
  readonly nodeCores: number;
  readonly megabytes: number;
  /** Processes that ended meanwhile, of so many. */
  readonly ended: number;
  readonly processes: number;
  readonly missing: number;
  readonly discontinuities: number;
  /** Of the one that made the fewest, to the time that passed. */
  readonly leastMedia: number;
}

/** Very many copying sessions on one agent, after as many of bare ffmpeg, each side alone. */
export async function benchCrowd(bench: MediaBench, sessions: readonly Session[], command: BareCommand, idle: number): Promise<void> {
  const bare = await runBare(bench, sessions.length, command);
  const ours = await runOurs(bench, sessions, idle);
  const count = sessions.length;
  const { run, running, news, alerts, startSeconds } = ours;
  reportAtLeast(`of ${count} copying sessions on one agent, RUNNING after ${startSeconds.toFixed(0)} s`, running, count, "");
  report(
    `what they told in ${RUN_SECONDS} s besides being RUNNING and OK, and alerts`,
    news.length + alerts,
    0,
    news.slice(0, 5).join("; "),
  );
  report("segments missing in their playlists, and breaks", run.missing + run.discontinuities, 0, describe(run));
  const [all, alone] = [run.cores + run.nodeCores, bare.cores];
  const detail = `ffmpeg ${run.cores.toFixed(2)}, Node.js ${run.nodeCores.toFixed(2)}, bare ffmpeg ${alone.toFixed(2)} cores (${describe(bare)})`;
  report(`their processor time / ${count} bare ffmpeg`, all / alone, 1.3, detail);
  console.log(`     their memory: ${run.megabytes.toFixed(0)} MB; ${count} bare ffmpeg: ${bare.megabytes.toFixed(0)} MB`);
}

function describe({ missing, discontinuities, leastMedia, ended, processes }: Run): string {
  const media = `${missing} missing, ${discontinuities} breaks, ${leastMedia.toFixed(2)} s of media a second at least`;
  return `${media}; ${ended} of ${processes} processes ended`;
}

async function runBare({ host, directory }: MediaBench, count: number, command: BareCommand): Promise<Run> {
  const tokens = Array.from({ length: count }, (_, index) => `crowd-${index}`);
  const children = tokens.map((token) => startBare(host, command, directory, token));
  const directories = tokens.map((token) => join(directory, token));
  await Promise.all(directories.map((each) => firstSegment(each, 1)));
  await wait(SETTLE_MILLISECONDS);
  const pids = children.map(({ pid }) => pid ?? 0);
  const run = await observe({ directories, seconds: BARE_SECONDS, ffmpeg: () => pids, nodePid: null, idle: 0 });
  await Promise.all(children.map((child) => child.finish()));
  return run;
}

interface OurRun {
  readonly run: Run;
  readonly running: number;
  readonly startSeconds: number;
  /** What was pushed that is not RUNNING with health OK, and of sessions and alerts of that time. */
  readonly news: readonly string[];
  readonly alerts: number;
}

async function runOurs({ product }: MediaBench, sessions: readonly Session[], idle: number): Promise<OurRun> {
  const ids = sessions.map(({ id }) => id);
  const asked = performance.now();
  await product.start(sessions);
  const running = await product.untilRunning(sessions);
  const startSeconds = (performance.now() - asked) / 1_000;
  await wait(SETTLE_MILLISECONDS);
  const since = new Date().toISOString();
  const news: string[] = [];
  product.client.subscribe<Changed>(CHANGES, { ids }, ({ sessionChanges: { kind, status, health, session } }) => {
    const isFine = kind === "SNAPSHOT_END" || (status === "RUNNING" && health === "OK");
    if (!isFine) news.push(`${status} ${health} ${session?.statusReason ?? ""}`);
  });
  const ffmpeg = (): readonly number[] => listChildren(product.pid, "ffmpeg");
  const directories = sessions.map(({ directory }) => directory);
  const run = await observe({ directories, seconds: RUN_SECONDS, ffmpeg, nodePid: product.pid, idle });
  const { alerts } = await product.client.ask<{ alerts: { nodes: readonly { firstSeenAt: string; code: string }[] } }>(ALERTS);
  const raised = alerts.nodes.filter(({ firstSeenAt }) => firstSeenAt > since);
  news.push(...raised.map(({ code }) => code));
  // They end with the gateway.
  const still = await product.untilRunning(sessions);
  return { run, running: Math.min(running, still), startSeconds, news, alerts: raised.length };
}

interface Observing {
  readonly directories: readonly string[];
  readonly seconds: number;
  readonly ffmpeg: () => readonly number[];
  readonly nodePid: number | null;
  readonly idle: number;
}

async function observe({ directories, seconds, ffmpeg, nodePid, idle }: Observing): Promise<Run> {
  const watched: readonly Watched[] = directories.map(watchPlaylist);
  const note = (): void => directories.forEach((directory, index) => notePlaylist(watched[index] as Watched, join(directory, "v0.m3u8")));
  note();
  const [before, after] = [watched.map((each) => sumUp(each).seconds), [] as number[]];
  const pids = ffmpeg();
  const [ticks, node] = [readTicksOf(pids), readTicks(nodePid ?? undefined) ?? 0];
  const startedAt = performance.now();
  for (let round = 0; round < seconds / NOTE_SECONDS; round += 1) {
    await wait(NOTE_SECONDS * 1_000);
    note();
  }
  const taken = (performance.now() - startedAt) / 1_000;
  after.push(...watched.map((each) => sumUp(each).seconds));
  const nodeTicks = nodePid === null ? 0 : (readTicks(nodePid) ?? 0) - node - idle * taken;
  return {
    cores: (readTicksOf(pids) - ticks) / taken / TICKS_PER_SECOND,
    nodeCores: nodeTicks / taken / TICKS_PER_SECOND,
    megabytes: [...pids, ...(nodePid === null ? [] : [nodePid])].reduce((sum, pid) => sum + proportionalMegabytes(pid), 0),
    ended: pids.filter((pid) => readTicks(pid) === null).length,
    processes: pids.length,
    missing: watched.reduce((sum, each) => sum + sumUp(each).missing, 0),
    discontinuities: watched.reduce((sum, each) => sum + each.discontinuities, 0),
    leastMedia: Math.min(...after.map((total, index) => (total - (before[index] ?? 0)) / taken)),
  };
}

const CHANGES = /* GraphQL */ `
  subscription Changes($ids: [ID!]!) {
    sessionChanges(filter: { ids: $ids }, snapshot: true) {
      kind
      status
      health
      session {
        statusReason
      }
    }
  }
`;

interface Changed {
  readonly sessionChanges: {
    readonly kind: string;
    readonly status: string | null;
    readonly health: string | null;
    readonly session: { readonly statusReason: string | null } | null;
  };
}

const ALERTS = /* GraphQL */ `
  query Alerts {
    alerts(first: 100) {
      nodes {
        code
        firstSeenAt
      }
    }
  }
`;
