import { createSocket, type Socket } from "node:dgram";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import type { ProcessLaunch } from "../../src/encoder/runner.ts";
import { randomToken } from "../../src/shared/identifier.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { eventually, freeMulticast, pictureArguments, startSender, type PictureOptions, type Sender } from "../support/media.ts";

let processNumber = 0;

export function processOf(kind: ProcessLaunch["kind"], settings: Partial<ProcessLaunch> = {}): ProcessLaunch {
  processNumber += 1;
  return {
    ...{ processId: `process_${processNumber}`, kind, playbackId: "playback_http", renditionId: "rendition_1" },
    ...{ intervalSeconds: null, durationSeconds: null, pathToken: randomToken(26) },
    ...settings,
  };
}

export interface CodedSource extends Sender {
  readonly url: string;
  readonly address: string;
  readonly port: number;
  /** The number of the last frame that was sent when it is called: call it before a stop, which takes its time. */
  readonly lastCode: (directory: string) => Promise<number>;
}

export interface CodedSourceOptions extends PictureOptions {
  /** Where it sends to; left out, to a group of its own. */
  readonly group?: { readonly address: string; readonly port: number };
  /** More options of ffmpeg's for what it sends. */
  readonly words?: readonly string[];
}

/** Sends a picture whose every frame bears its number, and hears what it sends. */
export async function startCodedSource({ group, words = [], ...picture }: CodedSourceOptions = {}): Promise<CodedSource> {
  const { address, port } = group ?? (await freeMulticast());
  const heard: Buffer[] = [];
  const socket = await listen(address, port, (packets) => heard.push(packets));
  const target = `udp://${address}:${port}?localaddr=127.0.0.1&pkt_size=1316&ttl=0`;
  const sender = startSender([...pictureArguments({ isCoded: true, ...picture }), ...words, "-f", "mpegts", "-muxdelay", "0.1", target]);
  return {
    pid: sender.pid,
    ...{ url: `udp://${address}:${port}`, address, port },
    async lastCode(directory) {
      const path = join(directory, "heard.ts");
      writeFileSync(path, Buffer.concat(heard));
      // It is cut off anywhere.
      return (await readFrameCodes(path, { ignoreComplaints: true })).at(-1) ?? -1;
    },
    async stop() {
      await sender.stop();
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

async function listen(address: string, port: number, onPackets: (packets: Buffer) => void): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.on("message", onPackets);
  await new Promise<void>((resolve) => socket.bind(port, address, resolve));
  socket.addMembership(address, "127.0.0.1");
  return socket;
}

/** The file or playlist of an asset. */
export function assetPath(root: string, { id, fileName }: AssetReport): string {
  return join(root, "assets", id, fileName);
}

/** Media is in the archive of each of these processes. */
export async function whenGrown(
  { root, told }: { readonly root: string; readonly told: ReadonlyMap<string, AssetReport> },
  ...processes: readonly { readonly processId: string }[]
): Promise<void> {
  await eventually("something is archived", () =>
    processes.every(({ processId }) => {
      const asset = [...told.values()].find((each) => each.processId === processId);
      return asset !== undefined && existsSync(join(dirname(assetPath(root, asset)), "s000001.m4s"));
    }),
  );
}

/**
 * Where frames do not follow on one another, as `breaksOf` says it, where those of an encoder that was killed count as one: it takes along
 * pictures that others lean on were to be shown before.
 */
export function seamsOf(codes: readonly number[]): readonly (readonly [number, number])[] {
  const seams: (readonly [number, number])[] = [];
  for (const [from, to] of breaksOf(codes)) {
    const before = seams.at(-1);
    if (before && Math.abs(from - before[1]) <= REORDERED_MOST) seams.splice(-1, 1, [before[0], to]);
    else seams.push([from, to]);
  }
  return seams;
}

/** Without those at its end that an encoder took along that was killed. */
export function withoutTail(codes: readonly number[]): readonly number[] {
  return codes.slice(0, -REORDERED_MOST);
}

/** So many pictures may be sent in another order than they are shown. */
const REORDERED_MOST = 4;

/** Where frames do not follow on one another: the numbers on both sides. One that is shown again is none. */
export function breaksOf(codes: readonly number[]): readonly (readonly [number, number])[] {
  return codes.slice(1).flatMap((code, index) => {
    const before = codes[index] ?? code;
    return code === before || code === before + 1 ? [] : [[before, code] as const];
  });
}

/** A group that somebody listens to. */
export async function startReceiver(): Promise<{ readonly url: string; readonly close: () => void }> {
  const { address, port } = await freeMulticast();
  const socket = await listen(address, port, () => undefined);
  return { url: `udp://${address}:${port}`, close: () => socket.close() };
}
