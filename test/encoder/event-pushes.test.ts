import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createVault } from "../../src/access/vault.ts";
import { createDatagramReceiver } from "../../src/encoder/datagram-receiver.ts";
import { createPathSourceOpener, explainPushLack, type PushDoors } from "../../src/encoder/open-path-source.ts";
import { createPatientClock } from "../../src/encoder/patient-clock.ts";
import { usablePushServers } from "../../src/encoder/push-servers.ts";
import type { SessionLaunch } from "../../src/encoder/runner.ts";
import { SIMULATED_CAPABILITIES } from "../../src/encoder/simulator.ts";
import { attachSessions } from "../../src/events/event-session.store.ts";
import { startRtmpServer, type RtmpServer } from "../../src/rtmp/rtmp-server.ts";
import { SECRET_POSITION } from "../../src/sessions/secret.rules.ts";
import { sealSecret } from "../../src/sessions/secret.store.ts";
import { writeSecrets } from "../../src/sessions/session.insert.ts";
import type { InputType } from "../../src/sessions/session.rules.ts";
import { markStarting } from "../../src/sessions/session.store.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { SrtFront } from "../../src/srt/srt-front.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { launchOf } from "./media-harness.ts";
import { startRecordingRunner } from "./recording-runner.ts";
import { createWorld, silentLog, TEST_SECRET_KEY, waitUntil, type World } from "./world.ts";

let test: TestDatabase;
let world: World;
let rtmp: RtmpServer;
let srt: SrtFront;
beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
  rtmp = await startRtmpServer({ host: "127.0.0.1", port: 0, tls: null, log: silentLog });
  srt = await SrtFront.open({ host: "127.0.0.1", port: 0 });
});
afterEach(() => world.reset());
afterAll(async () => {
  await Promise.all([rtmp.close(), srt.close()]);
  await world.close();
  await test.close();
});

const SOURCE = {
  type: "RTMP_PUSH",
  ...{ urlA: null, urlB: null, failover: null, customStreamKey: null, srtPassphrase: null },
  ...{ srtEncryptionEnabled: false, hlsScte35PassthroughEnabled: false },
} as const;

/** Started sessions of an event from when such a language was pushed by RTMP alone: with the keys of both signals, and no passphrase. */
async function startOldLanguages(count: number): Promise<readonly string[]> {
  const ids = await world.createSessions(count, { source: SOURCE });
  await test.database.transaction("attach", async (transaction) => {
    await attachSessions(transaction, newIdentifier("event"), ids);
    const kind = "STREAM_KEY";
    const keys = ids.map((sessionId) => ({ sessionId, playbackId: null, kind, position: SECRET_POSITION.B, isGenerated: true }) as const);
    await writeSecrets(
      transaction,
      keys.map((key) => sealSecret(world.vault, { ...key, plaintext: `backup of ${key.sessionId}` })),
    );
    await markStarting(transaction, ids, { verb: "START", actor: "test", at: new Date() });
  });
  return ids;
}

const secretsOf = (id: string) =>
  test.database.executor.execute<{ kind: string; position: number; ciphertext: string; encrypted: boolean }>(sql`
    select x.kind, x.position, encode(x.ciphertext, 'base64') as ciphertext, s.srt_encryption_enabled as encrypted
    from secrets x join sessions s on s.id = x.session_id where s.id = ${id} order by x.kind, x.position`);

const taking = (supportedInputs: readonly InputType[]) => ({ capabilities: { ...SIMULATED_CAPABILITIES, supportedInputs } });

it.each<[readonly InputType[]]>([[["RTMP_PUSH"]], [["SRT_PUSH"]], [["SRT_PUSH", "RTMP_PUSH"]]])(
  "is taken by an encoder of %j",
  async (supportedInputs) => {
    const recorder = startRecordingRunner();
    const ids = await startOldLanguages(1);
    await world.startAgent({ runner: recorder.start, ...taking(supportedInputs) });
    await waitUntil(
      () => recorder.launches.map(({ sessionId }) => sessionId),
      (started) => started.includes(ids[0]!),
    );
  },
);

it("is not taken by an encoder that takes neither push, and one of no event only by its own", async () => {
  const recorder = startRecordingRunner();
  const [language] = await startOldLanguages(1);
  const alone = await world.createSessions(1, { source: SOURCE });
  await world.start(alone);
  await world.startAgent({ runner: recorder.start, ...taking(["HLS_PULL"]) });
  await world.startReaper();
  const waiting = await waitUntil(
    () => world.view(),
    (views) => views.every((view) => view.status_reason?.startsWith("Waiting for") ?? false),
  );
  expect(new Set(waiting.map((view) => view.status_reason))).toEqual(new Set(["Waiting for an encoder in region local that can run it."]));
  await world.startAgent({ runner: recorder.start, ...taking(["SRT_PUSH"]) });
  await waitUntil(
    () => recorder.launches.length,
    (count) => count === 1,
  );
  expect(recorder.launches[0]?.sessionId).toBe(language);
  expect((await world.view(alone)).map((view) => view.encoder_id)).toEqual([null]);
});

it("keeps the one key that its senders have when it has passphrases already", async () => {
  const recorder = startRecordingRunner();
  const [id = ""] = await startOldLanguages(1);
  await test.database.transaction("encrypt", (transaction) =>
    writeSecrets(
      transaction,
      Object.values(SECRET_POSITION).map((position) =>
        sealSecret(world.vault, {
          ...{ sessionId: id, playbackId: null, kind: "SRT_PASSPHRASE", position },
          ...{ plaintext: `passphrase ${position}`, isGenerated: true },
        }),
      ),
    ),
  );
  const before = await secretsOf(id);
  await world.startAgent({ runner: recorder.start });
  const launch = await waitUntil(
    () => recorder.launches[0],
    (found) => found !== undefined,
  );
  expect(launch!.input).toMatchObject({ srtStreamKey: null, srtPassphrase: "passphrase 0", backup: { srtStreamKey: null } });
  expect(await secretsOf(id)).toEqual(before);
});

it("gets the keys and the passphrases that it lacks from the encoder that takes it, for good, and keeps its keys", async () => {
  const recorder = startRecordingRunner();
  const [id = ""] = await startOldLanguages(1);
  const before = await secretsOf(id);
  expect(before.map(({ kind, position, encrypted }) => [kind, position, encrypted])).toEqual([
    ["STREAM_KEY", 0, false],
    ["STREAM_KEY", 1, false],
  ]);
  const agent = await world.startAgent({ runner: recorder.start });
  const launch = await waitUntil(
    () => recorder.launches[0],
    (found) => found !== undefined,
  );
  const { streamKey, srtStreamKey, srtPassphrase, backup, otherTypes } = launch!.input;
  expect(otherTypes).toEqual(["SRT_PUSH"]);
  const generated = expect.stringMatching(/^\w{32}$/) as string;
  const texts = [streamKey, srtStreamKey, srtPassphrase, backup?.streamKey, backup?.srtStreamKey, backup?.srtPassphrase];
  expect(texts).toEqual([generated, generated, generated, `backup of ${id}`, generated, generated]);
  expect(new Set(texts).size).toBe(6);
  const after = await secretsOf(id);
  expect(after.map(({ kind, position, encrypted }) => [kind, position, encrypted])).toEqual([
    ["SRT_PASSPHRASE", 0, true],
    ["SRT_PASSPHRASE", 1, true],
    ["STREAM_KEY", 0, true],
    ["STREAM_KEY", 1, true],
    ["STREAM_KEY", 2, true],
    ["STREAM_KEY", 3, true],
  ]);
  expect(after.slice(2, 4).map(({ ciphertext }) => ciphertext)).toEqual(before.map(({ ciphertext }) => ciphertext));
  await agent.close();
  await world.startAgent({ runner: recorder.start });
  await waitUntil(
    () => recorder.launches.length,
    (count) => count === 2,
  );
  expect(recorder.launches[1]?.input).toEqual(launch?.input);
  expect(await secretsOf(id)).toEqual(after);
});

it("gets no passphrase from an encoder whose key is not that of the gateways", async () => {
  const recorder = startRecordingRunner();
  const [id = ""] = await startOldLanguages(1);
  await world.startAgent({ runner: recorder.start, vault: createVault(Buffer.alloc(TEST_SECRET_KEY.length, 9)) });
  await waitUntil(
    () => world.view([id]),
    ([view]) => view?.status === "FAILED",
  );
  expect((await secretsOf(id)).map(({ kind }) => kind)).toEqual(["STREAM_KEY", "STREAM_KEY"]);
  expect(recorder.launches).toEqual([]);
});

it("leaves a session of no event without a passphrase, which comes in by its own type alone", async () => {
  const recorder = startRecordingRunner();
  const [id = ""] = await world.createSessions(1, { source: SOURCE });
  await world.start([id]);
  await world.startAgent({ runner: recorder.start });
  const launch = await waitUntil(
    () => recorder.launches[0],
    (found) => found !== undefined,
  );
  expect(launch?.input).toMatchObject({ type: "RTMP_PUSH", otherTypes: [], srtPassphrase: null });
  expect((await secretsOf(id)).map(({ kind }) => kind)).toEqual(["STREAM_KEY"]);
});

const BOTH: Partial<SessionLaunch["input"]> = {
  type: "RTMP_PUSH",
  otherTypes: ["SRT_PUSH"],
  streamKey: "key",
  srtPassphrase: "passphrase",
};

it.each<[string, Partial<SessionLaunch["input"]>, (all: PushDoors) => PushDoors, string | null]>([
  ["by either where both are listened for", BOTH, (all) => all, null],
  ["by RTMP where that is all", BOTH, ({ rtmp }) => ({ rtmp, srt: null }), null],
  ["by SRT where that is all", BOTH, ({ srt }) => ({ rtmp: null, srt }), null],
  ["by nothing", BOTH, () => ({ rtmp: null, srt: null }), "This encoder does not listen for RTMP or SRT that is pushed to it."],
  [
    "by its own type alone",
    { ...BOTH, otherTypes: [] },
    ({ srt }) => ({ rtmp: null, srt }),
    "This encoder does not listen for RTMP that is pushed to it.",
  ],
])("comes in %s", async (_, input, doorsOf, lack) => {
  const launch = launchOf(input, []);
  const pushServers = doorsOf({ rtmp, srt });
  expect(explainPushLack(launch.input, pushServers)).toBe(lack);
  const host = { setprivPath: null, records: { add: () => undefined, remove: () => undefined } };
  const access = { resolve: () => Promise.reject(new Error("Nothing is pulled here")) };
  const datagrams = createDatagramReceiver({ log: silentLog });
  const open = createPathSourceOpener({ host, ffmpegPath: "ffmpeg", datagrams, multicastInterface: null, access, pushServers });
  const request = { input: launch.input, path: "A", clock: createPatientClock(600), handlers: { onStart() {}, onBytes() {} } } as const;
  if (lack === null) await open(request).close();
  else expect(() => open(request)).toThrow("Nothing listens");
});

it("is told of no server whose input the encoder cannot run", () => {
  const addresses = { rtmp: "rtmp://one.example/live", rtmps: "rtmps://one.example/live", srt: "srt://one.example:9710" };
  const servers = { rtmp, srt, addresses, missing: [], close: () => Promise.resolve() };
  const { rtmp: plain, rtmps } = addresses;
  expect(usablePushServers(servers, { supportedInputs: ["RTMP_PUSH"] })).toEqual({ rtmp, srt: null, addresses: { rtmp: plain, rtmps } });
  expect(usablePushServers(servers, { supportedInputs: ["SRT_PUSH"] })).toEqual({ rtmp: null, srt, addresses: { srt: addresses.srt } });
  expect(usablePushServers(servers, { supportedInputs: ["SRT_PUSH", "RTMP_PUSH"] })).toEqual({ rtmp, srt, addresses });
});
