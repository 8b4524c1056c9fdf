import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createGraphqlClient } from "../support/clients.ts";
import { createTestDatabase } from "../support/database.ts";
import { eventually, freeMulticast, startMulticastSender } from "../support/media.ts";
import { startHeadend } from "../support/process.ts";
import { canMountSmallDisk, pathWithin, resizeSmallDisk, withinSmallDisk } from "../support/small-disk.ts";

/** In megabytes: what is free is a little less. */
const SIZES = { PLENTY: 2_000, LOW: 900, FULL: 200 } as const;

const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

const LOOK = `query ($id: ID!) {
  encoders { isStorageLow }
  assets { nodes { id kind status statusReason durationSeconds } }
  node(id: $id) { ... on Session {
    status health alerts { nodes { code severity endedAt } }
    playbacks { hlsUrl status health } processes { kind isActive }
  } }
}`;

interface Look {
  readonly encoders: readonly { readonly isStorageLow: boolean }[];
  readonly assets: { readonly nodes: readonly { readonly id: string; readonly kind: string; readonly status: string }[] };
  readonly node: {
    readonly status: string;
    readonly health: string;
    readonly alerts: { readonly nodes: readonly { readonly code: string; readonly severity: string; readonly endedAt: string | null }[] };
    readonly playbacks: readonly {
      readonly hlsUrl: string;
      readonly status: string;
    }[];
    readonly processes: readonly { readonly kind: string; readonly isActive: boolean }[];
  };
}

async function startOnSmallDisk() {
  const directory = mkdtempSync(join(tmpdir(), "headend-small-"));
  closers.push(() => Promise.resolve(rmSync(directory, { recursive: true, force: true })));
  const database = await createTestDatabase();
  closers.push(database.drop);
  const headend = startHeadend(["start"], {
    within: withinSmallDisk(directory, SIZES.PLENTY),
    environment: {
      ...{ PORT: "0", HEADEND_DATA_DIR: directory, DATABASE_URL: database.url, HEADEND_LOG_LEVEL: "error" },
      ...{ HEADEND_ALLOWED_NETWORKS: "127.0.0.0/8", HEADEND_MULTICAST_INTERFACE: "127.0.0.1" },
    },
  });
  closers.push(() => headend.stop());
  const [, url = ""] = await headend.wrote(/The API is at (\S+)\/graphql/);
  const pid = headend.child.pid ?? 0;
  const client = createGraphqlClient(url, readFileSync(pathWithin(pid, join(directory, "admin-key")), "utf8").trim());
  closers.push(() => client.close());
  return { directory, client, pid, setRoom: (room: keyof typeof SIZES) => resizeSmallDisk(pid, directory, SIZES[room]) };
}

it.skipIf(!canMountSmallDisk())(
  "a disk that fills up stops thumbnails and clips, then recordings, never the encoding, and all goes on by itself once there is room",
  async () => {
    const { client, setRoom, pid, directory } = await startOnSmallDisk();
    const group = await freeMulticast();
    const sender = startMulticastSender({ ...group, size: "320x180" });
    closers.push(() => sender.stop());
    const { createTemplate } = await client.graphql(
      `mutation ($input: CreateTemplateInput!) { createTemplate(input: $input) { template { id renditions { id } } } }`,
      {
        input: {
          name: "Small",
          renditions: [
            {
              ...{ name: "180p", videoCodec: "H264", width: 320, height: 180, videoBitrateKbps: 300 },
              ...{ frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 64 },
            },
          ],
        },
      },
    );
    const { createSession } = await client.graphql(
      `mutation ($input: CreateSessionInput!) { createSession(input: $input) { session { id } userErrors { message } } }`,
      {
        input: {
          name: "Narrow",
          source: { type: "MULTICAST_PULL", urlA: `udp://${group.address}:${group.port}` },
          playbacks: [{ name: "Web", type: "HTTP", hlsEnabled: true, templateId: createTemplate.template.id }],
        },
      },
    );
    expect(createSession.userErrors).toEqual([]);
    const id = createSession.session.id as string;
    const { configureProcesses } = await client.graphql(
      `mutation ($id: ID!) { configureProcesses(input: { sessionId: $id, settings: [
        { kind: RECORDING, isEnabled: true, sync: true }, { kind: REPLAY, isEnabled: true, sync: true },
        { kind: THUMBNAIL, isEnabled: true, intervalSeconds: 10, sync: true }] }) { userErrors { message } } }`,
      { id },
    );
    expect(configureProcesses.userErrors).toEqual([]);
    await client.graphql(`mutation ($id: ID!) { startSessions(input: { selection: { ids: [$id] } }) { acceptedCount } }`, { id });

    const until = (what: string, isSo: (look: Look) => boolean) =>
      eventually(
        what,
        async () => {
          const look = await client.graphql<Look>(LOOK, { id });
          if (!isSo(look)) throw new Error(JSON.stringify(look));
          return look;
        },
        60_000,
      );
    const active = ({ node }: Look) =>
      node.processes
        .filter(({ isActive }) => isActive)
        .map(({ kind }) => kind)
        .toSorted()
        .join();
    const alerts = ({ node }: Look) =>
      node.alerts.nodes
        .filter(({ endedAt }) => endedAt === null)
        .map(({ code, severity }) => `${code} ${severity}`)
        .join();
    const ALL = "RECORDING,REPLAY,THUMBNAIL";
    const fine = await until("all is made", (look) => active(look) === ALL && look.assets.nodes.length === 2);
    const replay = fine.assets.nodes.find(({ kind }) => kind === "REPLAY")!;
    const sizeOf = (kind: string): number => {
      const asset = fine.assets.nodes.find((each) => each.kind === kind)!;
      // The encoder has a directory of its own somewhere below.
      const names = readdirSync(pathWithin(pid, directory), { recursive: true, encoding: "utf8" });
      return names.filter((name) => name.includes(`/${asset.id}/s`) && name.endsWith(".m4s")).length;
    };
    /** Segments of the live playlist that are new since. */
    const hls = async (): Promise<ReadonlySet<string>> => {
      const master = fine.node.playbacks[0]!.hlsUrl;
      const text = await (await fetch(new URL("v0.m3u8", master))).text();
      return new Set(text.split("\n").filter((line) => /\.(ts|m4s)$/.test(line)));
    };
    const goesOn = async () => {
      const before = await hls();
      await eventually("the live output goes on", async () => [...(await hls())].filter((name) => !before.has(name)).length >= 2, 30_000);
    };
    const clip = async () =>
      (
        await client.graphql(
          `mutation ($id: ID!) { createClip(input: { assetId: $id, cueInSeconds: 0, cueOutSeconds: 6 }) { asset { id } userErrors { code message } } }`,
          { id: replay.id },
        )
      ).createClip;
    await eventually("there is something to cut", () => sizeOf("REPLAY") >= 2, 60_000);

    setRoom("LOW");
    const low = await until("it is nearly full", (look) => alerts(look) === "STORAGE_FULL WARNING" && look.encoders[0]!.isStorageLow);
    expect(active(low)).toBe("RECORDING,REPLAY");
    expect(await clip()).toMatchObject({
      asset: null,
      userErrors: [{ code: "INVALID_STATE", message: expect.stringContaining("Delete assets that are no longer needed") as string }],
    });
    await goesOn();

    setRoom("FULL");
    const full = await until("it is full", (look) => alerts(look) === "STORAGE_FULL ERROR" && active(look) === "");
    expect(full.node).toMatchObject({ status: "RUNNING", playbacks: [{ status: "RUNNING", health: "OK" }] });
    const kept = sizeOf("RECORDING");
    await goesOn();
    expect(sizeOf("RECORDING")).toBe(kept);

    setRoom("PLENTY");
    await until("all goes on", (look) => active(look) === ALL && alerts(look) === "" && !look.encoders[0]!.isStorageLow);
    await eventually("the recording grows", () => sizeOf("RECORDING") > kept, 30_000);
    expect((await clip()).userErrors).toEqual([]);
    await until("the clip is made", ({ assets }) => assets.nodes.some(({ kind, status }) => kind === "CLIP" && status === "READY"));
    setRoom("FULL");
    await until("it is full again", (look) => alerts(look) === "STORAGE_FULL ERROR");
    await client.graphql(`mutation ($id: ID!) { stopSessions(input: { selection: { ids: [$id] } }) { acceptedCount } }`, { id });
    const waiting = await until(
      "the recording waits for room, as the stopped session says",
      (look) => look.node.status === "STOPPED" && alerts(look) === "STORAGE_FULL ERROR",
    );
    expect(waiting.assets.nodes.find(({ kind }) => kind === "RECORDING")?.status).toBe("IN_PROGRESS");
    setRoom("PLENTY");
    const over = await until(
      "all is whole, and nothing wrong any more",
      (look) => look.assets.nodes.every(({ status }) => status === "READY") && alerts(look) === "",
    );
    // One recording and one replay, whatever was left out between.
    expect(over.assets.nodes.map(({ kind }) => kind).toSorted()).toEqual(["CLIP", "RECORDING", "REPLAY"]);
  },
  300_000,
);
