import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { eventually, freeMulticast, startMulticastSender, type Sender } from "../support/media.ts";
import { isAlive, listProcesses } from "../support/process-list.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";

/** Each kind of process once; more of them for a soak. */
const ROUNDS = Number(process.env["SOAK_ROUNDS"] ?? 3);
const DEADLINE_MILLISECONDS = 10_000;
const ROUND_MILLISECONDS = 30_000;

let directory: string;
let sender: Sender;
let group: string;
let headend: HeadendProcess;
let client: GraphqlClient;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "headend-kill-"));
  const { address, port } = await freeMulticast();
  group = `${address}:${port}`;
  // Sound that only a process of its own puts in order.
  sender = startMulticastSender({ address, port, audioCodec: "mp2" });
  await start();
});
afterAll(async () => {
  await headend.stop();
  await sender.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const environment = { PORT: "0", HEADEND_DATA_DIR: directory, HEADEND_MULTICAST_INTERFACE: "127.0.0.1", HEADEND_LOG_LEVEL: "error" };
  headend = startHeadend(["start"], { environment });
  const [, url = ""] = await headend.wrote(/The API is at (\S+)\/graphql/);
  client = createGraphqlClient(url, readFileSync(join(directory, "admin-key"), "utf8").trim());
}

/** The ffmpeg processes of the session: those that put in order what is received, and those that encode it. */
function mediaProcesses(): {
  readonly normalizers: readonly number[];
  readonly encoders: readonly number[];
} {
  const ours = listProcesses().filter(({ parent }) => parent === headend.child.pid);
  const pids = (isMeant: (args: string) => boolean) => ours.filter(({ args }) => isMeant(args)).map(({ pid }) => pid);
  const reads = (args: string): boolean => args.includes("ffmpeg") && args.includes("-i pipe:0");
  return {
    normalizers: pids((args) => reads(args) && args.includes("pipe:1")),
    encoders: pids((args) => reads(args) && !args.includes("pipe:1")),
  };
}

interface SessionView {
  readonly status: string;
  readonly health: string;
  readonly statusReason: string | null;
  readonly playbacks: readonly { readonly hlsUrl: string }[];
}

async function view(): Promise<SessionView | undefined> {
  const { data } = await client.ask("{ sessions { nodes { status health statusReason playbacks { hlsUrl } } } }");
  return (data as { sessions: { nodes: SessionView[] } } | null)?.sessions.nodes[0];
}

async function segments(): Promise<readonly string[]> {
  const master = (await view())?.playbacks[0]?.hlsUrl ?? "";
  const media = (await (await fetch(master)).text()).split("\n").find((line) => line.endsWith(".m3u8")) ?? "";
  return (await (await fetch(new URL(media, master))).text()).split("\n").filter((line) => /\.(ts|m4s)$/.test(line));
}

async function isRunning(): Promise<boolean> {
  const session = await view();
  return session?.status === "RUNNING" && session.health === "OK";
}

it(
  "runs again within 10 s whatever is killed, with new segments, no orphan, and never a second encoder",
  async () => {
    await client.ask(`mutation {
      createTemplate(input: { name: "Source", isDefault: true, renditions: [{ name: "source", isPassthrough: true }] }) { userErrors { code } }
      createSession(input: {
        name: "Show", source: { type: MULTICAST_PULL, urlA: "udp://${group}" }, playbacks: [{ name: "web", type: HTTP, hlsEnabled: true }]
      }) { userErrors { code } }
      startSessions(input: { selection: { filter: {} } }) { acceptedCount }
    }`);
    await eventually("the session runs", isRunning, 30_000);
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = { ...mediaProcesses(), segments: await segments() };
      const victims = [[headend.child.pid ?? 0], before.encoders, before.normalizers][round % 3] ?? [];
      expect(victims).toHaveLength(1);
      for (const pid of victims) process.kill(pid, "SIGKILL");
      if (victims[0] === headend.child.pid) {
        await headend.finished;
        await eventually("its processes are gone", () => ![...before.normalizers, ...before.encoders].some(isAlive), 5_000);
        await start();
      }
      await eventually(
        `round ${round}: it runs again, with one encoder and new segments`,
        async () => {
          const { normalizers, encoders } = mediaProcesses();
          expect(encoders.length).toBeLessThanOrEqual(1);
          const isWhole = [normalizers, encoders].every(({ length }) => length === 1);
          if (!(await isRunning()) || !isWhole || victims.some(isAlive)) return false;
          return (await segments()).some((segment) => !before.segments.includes(segment));
        },
        DEADLINE_MILLISECONDS,
      );
    }
  },
  ROUNDS * ROUND_MILLISECONDS,
);
