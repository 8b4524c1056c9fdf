import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Archive } from "../../src/encoder/archive.ts";
import { ArchiveFolder } from "../../src/encoder/archive-folder.ts";
import { readMarker, reportOf, type AssetMarker } from "../../src/encoder/asset-marker.ts";
import { claimEncoderIdentity } from "../../src/encoder/encoder-identity.ts";
import { createAssetUploader } from "../../src/encoder/asset-uploader.ts";
import { startClipMaker, type ClipMaker, type ClipMakerOptions } from "../../src/encoder/clip-maker.ts";
import { openProcessRecords } from "../../src/encoder/process-record.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { createDirectoryStorage } from "../../src/storage/directory-storage.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { StorageLevel } from "../../src/encoder/storage-level.rules.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { openAssetWorld, type AssetWorld, type StartedSession, type TellingAgent } from "../assets/asset-world.ts";
import { AssetsDocument, CreateClipDocument, type AssetRowFragment, type CreateClipInput } from "../generated/documents.ts";
import { codedPicture } from "../support/frame-codes.ts";
import { eventually, mediaCapabilities } from "../support/media.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { silentLog } from "./world.ts";

const FRAGMENTS = [
  ...["-movflags", "+frag_keyframe+empty_moov+default_base_moof+delay_moov+frag_discont", "-use_editlist", "0"],
  ...["-avoid_negative_ts", "make_non_negative", "-frag_duration", "500000", "-f", "mp4", "pipe:1"],
];

function runFfmpeg(words: readonly string[], input?: Buffer): Buffer {
  return execFileSync("ffmpeg", ["-v", "error", ...words], { maxBuffer: 100_000_000, ...(input ? { input } : {}) });
}

function codedInputs(seconds: number, size = "320x180"): readonly string[] {
  return ["-f", "lavfi", "-i", codedPicture({ size }), "-f", "lavfi", "-i", "sine=sample_rate=48000", "-t", String(seconds)];
}

/** What an encoder hands over to an archive, much faster than it is shown: frames that bear their numbers, a key frame each 2 s. */
export function encodeCoded(seconds: number, size?: string): Buffer {
  const codec = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "100", "-sc_threshold", "0"];
  const grid = ["-force_key_frames", "expr:gte(t,n_forced*2)", "-c:a", "aac"];
  return runFfmpeg([...codedInputs(seconds, size), ...codec, ...grid, ...FRAGMENTS]);
}

/**
 * The same of a source that passes through, three of four pictures in another order than they are shown, a key frame each 52 frames; of open
 * groups three pictures are shown before the key frame that they follow.
 */
export function passThroughReordered(seconds: number, groups: "closed" | "open"): Buffer {
  const settings = `open-gop=${groups === "open" ? 1 : 0}:b-adapt=0:scenecut=0:b-pyramid=normal`;
  const codec = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "52", "-bf", "3", "-x264-params", settings];
  const source = runFfmpeg([...codedInputs(seconds), ...codec, "-c:a", "aac", "-f", "mpegts", "pipe:1"]);
  return runFfmpeg(["-f", "mpegts", "-i", "pipe:0", "-c", "copy", "-bsf:a", "aac_adtstoasc", ...FRAGMENTS], source);
}

/** A replay that grows as the test feeds it. */
export interface GrowingReplay {
  readonly id: string;
  readonly feed: (bytes: Buffer) => Promise<void>;
  /** Nothing comes any more. */
  readonly end: () => Promise<void>;
}

/** A gateway, an encoder whose replays the test makes, and a maker of clips that can be ended and started. */
export class ClipBench {
  readonly root: string;
  readonly assetRoot: string;
  /** May be set. */
  readonly storage: { level: StorageLevel; freeBytes: number } = { level: "PLENTY", freeBytes: Infinity };
  readonly objectStore: Storage;
  readonly server: TestServer;
  readonly #assets: AssetWorld;
  readonly agent: TellingAgent;
  readonly #session: StartedSession;
  readonly #common: ClipMakerOptions;
  readonly #makers: ClipMaker[] = [];

  private constructor(parts: {
    readonly server: TestServer;
    readonly assets: AssetWorld;
    readonly agent: TellingAgent;
    readonly session: StartedSession;
    readonly tools: Pick<ClipMakerOptions, "host" | "ffmpegPath">;
    readonly root: string;
  }) {
    this.root = parts.root;
    this.assetRoot = join(parts.root, "assets");
    this.objectStore = createDirectoryStorage(join(parts.root, "store"));
    this.server = parts.server;
    this.#assets = parts.assets;
    this.agent = parts.agent;
    this.#session = parts.session;
    this.#common = {
      ...{
        ...parts.tools,
        database: this.server.database,
        log: silentLog,
        assetRoot: this.assetRoot,
      },
      ...{
        encoderId: this.agent.agent.encoderId,
        teller: this.agent.teller,
        storageLevel: () => this.storage.level,
        hasRoomFor: (bytes) => Promise.resolve(bytes <= this.storage.freeBytes),
        objectStore: this.objectStore,
      },
    };
  }

  static async open(): Promise<ClipBench> {
    const root = mkdtempSync(join(tmpdir(), "headend clips -"));
    mkdirSync(join(root, "assets"));
    const identity = await claimEncoderIdentity(root);
    const own = { assetRoot: join(root, "assets"), mediaRoot: join(root, "media"), currentId: () => identity.encoderId };
    const server = await startTestServer({ assets: { own } });
    const assets = await openAssetWorld(server);
    const agent = await assets.startAgent({ identity, mediaAddress: server.url });
    const session = await assets.startSession(agent.runner, [{ kind: "REPLAY", isEnabled: true, sync: true }]);
    const { ffmpegPath, setprivPath } = await mediaCapabilities();
    const tools = { ffmpegPath, host: { setprivPath, records: openProcessRecords(join(root, "processes")) } };
    return new ClipBench({ server, assets, agent, session, tools, root });
  }

  async startMaker(options: Partial<ClipMakerOptions> = {}): Promise<ClipMaker> {
    const maker = await startClipMaker({ ...this.#common, ...options });
    this.#makers.push(maker);
    return maker;
  }

  /** Begins a replay, of which so many seconds are kept when that is said, and whose segments lean on one another when that is. */
  async startReplay(limitSeconds: number | null = null, isIndependent = true): Promise<GrowingReplay> {
    const report = this.#session.report({ id: newIdentifier("asset"), kind: "REPLAY", fileName: "index.m3u8" });
    const marker: AssetMarker = {
      ...report,
      ...{ playbackId: "", renditionId: "", limitSeconds, isIndependent, state: "OPEN", bytes: 0, durationSeconds: 0 },
    };
    const folder = await ArchiveFolder.create(this.assetRoot, marker);
    const tell = async (state: "OPEN" | "READY"): Promise<void> => {
      await folder.mark({ state });
      await this.agent.tell(reportOf(folder.marker));
    };
    await tell("OPEN");
    const archive = new Archive({
      ...{ openFolders: () => Promise.resolve([folder]), replaceFolder: () => Promise.resolve(null), onFull: () => undefined },
      ...{ onGrowth: () => undefined, isStorageFull: () => false, log: silentLog },
    });
    return {
      id: report.id,
      async feed(bytes) {
        const readable = Readable.from([bytes]);
        archive.follow(readable);
        await new Promise((resolve) => readable.once("close", resolve));
        await archive.settle();
        await tell("OPEN");
      },
      async end() {
        await archive.close();
        await folder.end();
        await tell("READY");
      },
    };
  }

  /** A replay that has ended. */
  async makeReplay(...streams: readonly Buffer[]): Promise<string> {
    const replay = await this.startReplay();
    for (const stream of streams) await replay.feed(stream);
    await replay.end();
    return replay.id;
  }

  /** Moves everything that is whole into the object store, and out of the encoder's directory. */
  async moveAssets(): Promise<void> {
    const { database, context } = this.server;
    const { assetRoot, objectStore, agent } = this;
    const common = { database, bell: context.bell, clock: systemClock, log: silentLog, assetRoot, objectStore };
    const uploader = createAssetUploader({ ...common, encoderId: agent.agent.encoderId, leftMilliseconds: 0 });
    await uploader.work();
    await uploader.work();
  }

  async create(assetId: string, cues: readonly [from: number, to: number], rest: Partial<CreateClipInput> = {}): Promise<AssetRowFragment> {
    const input = { assetId, cueInSeconds: cues[0], cueOutSeconds: cues[1], ...rest };
    const { createClip } = await this.server.graphql(CreateClipDocument, { input });
    if (!createClip.asset) throw new Error(JSON.stringify(createClip.userErrors));
    return createClip.asset;
  }

  async find(id: string): Promise<AssetRowFragment> {
    const { nodes } = (await this.server.graphql(AssetsDocument, { kind: ["CLIP"], first: 100 })).assets;
    const found = nodes.find((node) => node.id === id);
    if (!found) throw new Error(`There is no clip ${id}`);
    return found;
  }

  async whenSettled(id: string): Promise<AssetRowFragment> {
    return eventually(`the clip ${id} is made or failed`, async () => {
      const clip = await this.find(id);
      return clip.status !== "IN_PROGRESS" && clip;
    });
  }

  pathOf(clip: AssetRowFragment): string {
    return join(this.assetRoot, clip.id, clip.fileName);
  }

  isThere(...names: readonly string[]): boolean {
    return existsSync(join(this.assetRoot, ...names));
  }

  markerOf(id: string): Promise<AssetMarker | null> {
    return readMarker(join(this.assetRoot, id));
  }

  async close(): Promise<void> {
    await Promise.all(this.#makers.map((maker) => maker.close()));
    await this.#assets.close();
    await this.server.stop();
    rmSync(this.root, { recursive: true, force: true });
  }
}
