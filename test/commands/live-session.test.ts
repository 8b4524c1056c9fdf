import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCmafReceiver, openRtmpReceiver, openSrtReceiver, receiveProgram } from "../encoder/output-receivers.ts";
import { createGraphqlClient } from "../support/clients.ts";
import { eventually, freeMulticast, freeUdpPort, probe, startMulticastSender } from "../support/media.ts";
import { childrenOf, isAlive } from "../support/process-list.ts";
import { isFine, LiveProduct, mediaPlaylist, openAlert, segmentsOf, type SessionView } from "./live-product.ts";
import { PULLED_INPUTS, type Pulled } from "./pulled-inputs.ts";
import { keepPushing, push } from "./push-sender.ts";

/** Of a busy machine: as many run side by side as there are cores. */
const PATIENCE = { timeout: 240_000 };
const ACTOR = "key:First admin key";
const LADDER = { name: "180p", videoCodec: "H264", width: 320, height: 180, videoBitrateKbps: 300, frameRate: 25, audioCodec: "AAC" };

let product: LiveProduct;
let source: string;
let ladder: string;
/** What is to go on when the product is killed, and how to end it. */
const survivors: { readonly id: string; readonly received: () => number }[] = [];
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  product = await LiveProduct.start();
  source = await product.createTemplate("Source", [{ name: "source", isPassthrough: true }]);
  ladder = await product.createTemplate("Ladder", [{ ...LADDER, audioBitrateKbps: 64 }]);
});
afterAll(async () => {
  await product.close();
  await Promise.all(ends.map((end) => end()));
});

function web(templateId: string, own: object = {}): object {
  return { name: "web", type: "HTTP", hlsEnabled: true, templateId, ...own };
}

function urlOf({ address, port }: { readonly address: string; readonly port: number }): string {
  return `udp://${address}:${port}`;
}

async function codecs(target: string | null | undefined): Promise<readonly string[]> {
  return await eventually("a player takes it", async () => (await probe(target ?? "")).map(({ codec_name }) => codec_name));
}

function isRunningAlone(counts: readonly { readonly status: string; readonly count: number }[]): boolean {
  return counts.every(({ status, count }) => count === (status === "RUNNING" ? 1 : 0));
}

/** How loud the newest segment is on average, in decibels: silence is below -80. */
async function newestVolume(master: string): Promise<number> {
  const { url, lines } = await mediaPlaylist(master);
  const segment = new URL(lines.findLast((line) => line.endsWith(".ts")) ?? "", url);
  const { stderr } = await promisify(execFile)("ffmpeg", [
    "-hide_banner",
    "-nostdin",
    "-i",
    segment.href,
    "-vn",
    "-af",
    "volumedetect",
    "-f",
    "null",
    "-",
  ]);
  return Number(/mean_volume: (-?[\d.]+|-inf) dB/.exec(stderr)?.[1]?.replace("inf", "Infinity"));
}

/** A live playlist that only stays there is a lost input, and never a fault of the encoder. */
async function expectLossAlone(id: string, pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  const { status, alerts } = await product.until(
    "the loss shows",
    id,
    ({ statusReason }) => statusReason?.startsWith("The input is lost") === true,
  );
  expect(status).toBe("RUNNING");
  // A machine on which all of these run at once may be too slow for them, and says so.
  expect(new Set(alerts.nodes.map(({ code }) => code).filter((code) => code !== "SLOW_ENCODING"))).toEqual(new Set(["INPUT_LOST"]));
  await product.until("its end is not played again", id, ({ statusReason: why }) => why?.includes("does not go on") === true);
}

/** What a player finds of it. */
async function playPulled(type: string, open: () => Promise<Pulled>): Promise<readonly string[]> {
  const { url, sender } = await open();
  const id = await product.createSession({ name: type, source: { type, urlA: url }, playbacks: [web(source)] });
  await product.act("startSessions", id);
  const { playbacks } = await product.untilFine(id);
  const found = await codecs(playbacks[0]?.hlsUrl);
  if (type === "HLS_PULL" || type === "DASH_PULL") await expectLossAlone(id, sender.pid);
  await product.act("stopSessions", id);
  await product.until("it is stopped", id, ({ status }) => status === "STOPPED");
  await sender.stop();
  return found;
}

describe.concurrent("a live session", () => {
  it.each(Object.entries(PULLED_INPUTS))("pulls an input of the type %s: runs, plays, and stops", PATIENCE, async (type, open) => {
    expect(await playPulled(type, open)).toEqual(["h264", "aac"]);
  });

  it.each(["RTMP_PUSH", "SRT_PUSH"])("%s: waits for its sender, refuses all others, and outlives its loss", PATIENCE, async (type) => {
    const isSrt = type === "SRT_PUSH";
    const id = await product.createSession({
      name: type,
      source: { type, ...(isSrt && { srtEncryptionEnabled: true }) },
      playbacks: [web(source, { dashEnabled: true })],
    });
    await product.act("startSessions", id);
    const { source: input, alerts } = await product.until("it waits", id, ({ status }) => status === "WAITING");
    expect(alerts.nodes.map(({ code, severity }) => [code, severity])).toEqual([["INPUT_LOST", "WARNING"]]);
    const key = await product.reveal(input.streamKey?.id ?? "");
    const passphrase = isSrt ? await product.reveal(input.srtPassphrase?.id ?? "") : "";
    const target = (ownKey: string, ownPassphrase = passphrase): string =>
      isSrt ? `${input.ingestUrl}?streamid=${ownKey}&passphrase=${ownPassphrase}` : `${input.ingestUrl}/${ownKey}`;

    const wrong = [push(target(`${key}x`)), ...(isSrt ? [push(target(key, "wrong-passphrase"))] : [])];
    expect(await Promise.all(wrong.map(({ ended }) => ended))).not.toContain(0);
    expect(await product.view(id)).toMatchObject({ status: "WAITING", source: { pathA: { isConnected: false } } });

    const first = push(target(key));
    const { playbacks } = await product.untilFine(id);
    expect(await codecs(playbacks[0]?.hlsUrl)).toEqual(["h264", "aac"]);
    expect(await codecs(playbacks[0]?.dashUrl)).toEqual(["h264", "aac"]);
    expect(await push(target(key)).ended).not.toBe(0);

    await first.kill();
    const isLost = (view: SessionView): boolean => view.health === "ERROR" && openAlert(view, "INPUT_LOST")?.severity === "ERROR";
    expect((await product.until("the loss shows", id, isLost)).status).toBe("RUNNING");
    const second = keepPushing(target(key));
    ends.push(second.stop);
    expect(openAlert(await product.untilFine(id), "INPUT_LOST")).toBeDefined();
    const after = await product.until("the alert ends", id, (view) => view.topAlert === null);
    const [alert] = after.alerts.nodes;
    expect(alert?.endReason).toBe("RESOLVED");
    expect(Date.parse(alert?.endedAt ?? "") - Date.parse(alert?.lastSeenAt ?? "")).toBeGreaterThanOrEqual(10_000);
    survivors.push({ id, received: () => 0 });
  });

  it("MULTICAST_PULL: goes over when a path dies, is switched by hand, shows slates, and tells of it", PATIENCE, async () => {
    const [a, b] = [await freeMulticast(), await freeMulticast()];
    const id = await product.createSession({
      ...{ name: "Failover", slatesEnabled: true, playbacks: [web(ladder)] },
      source: { type: "MULTICAST_PULL", urlA: urlOf(a), urlB: urlOf(b), failover: { recoveryIntervalSeconds: -1 } },
    });
    const filter = { ids: [id] };
    const alerts = product.client.subscribe(
      `subscription Alerts($filter: SessionFilter) { alertChanges(sessions: $filter) { kind alert { code } } }`,
      { filter },
    );
    const summary = product.client.subscribe(
      `subscription Summary($filter: SessionFilter) { sessionSummary(filter: $filter) { total byStatus { status count } } }`,
      { filter },
    );
    const telemetry = product.client.subscribe(
      `subscription Telemetry($filter: SessionFilter) { sessionTelemetry(filter: $filter) { sessionId telemetry { speed frameRate bitrateKbps } } }`,
      { filter },
    );
    const senders = [startMulticastSender(a), startMulticastSender({ ...b, offsetSeconds: 5 })];
    await product.act("startSessions", id);
    const { playbacks } = await product.untilFine(id);
    const hls = playbacks[0]?.hlsUrl ?? "";
    await summary.until(({ sessionSummary: { byStatus } }) => isRunningAlone(byStatus));
    const measured = await telemetry.until(({ sessionTelemetry: item }) => item.telemetry.speed > 0.5 && item.telemetry.bitrateKbps > 100);
    expect(measured.every(({ sessionTelemetry: item }) => item.sessionId === id)).toBe(true);
    await product.until("both paths are there", id, ({ source: { pathA, pathB } }) => pathA.isConnected && pathB?.isConnected === true);

    await senders[0]?.stop();
    const over = await product.until("it goes over", id, ({ source: { activePath } }) => activePath === "B");
    expect(over.status).toBe("RUNNING");
    await alerts.until(({ alertChanges: { kind, alert } }) => kind === "RAISED" && alert.code === "FAILED_OVER");
    senders[0] = startMulticastSender({ ...a, offsetSeconds: 1_000 });
    await product.until("path A is back", id, ({ source: { pathA } }) => pathA.isConnected);
    for (const path of ["A", "B", "A"] as const) {
      // The encoder may have gone there by itself meanwhile.
      await product.act("switchSessionInputs", id, path).catch((error: unknown) => expect(String(error)).toContain("ALREADY_IN_STATE"));
      await product.until(`it is on ${path}`, id, ({ source: { activePath } }) => activePath === path);
    }

    await product.act("showSlates", id);
    await product.until("the slate shows", id, ({ isSlateShowing }) => isSlateShowing);
    await eventually("a segment is silent", async () => (await newestVolume(hls)) < -80, 20_000);
    await product.act("hideSlates", id);
    await product.until("the picture is back", id, (view) => !view.isSlateShowing && isFine(view));
    await eventually("a segment sounds", async () => (await newestVolume(hls)) > -40, 20_000);

    await Promise.all(senders.map((sender) => sender.stop()));
    const lost = await product.until("a slate shows by itself", id, ({ isSlateShowing, health }) => isSlateShowing && health === "ERROR");
    expect([lost.status, openAlert(lost, "INPUT_LOST")?.severity]).toEqual(["RUNNING", "ERROR"]);
    senders[0] = startMulticastSender(a);
    await product.until("the picture is back once more", id, (view) => !view.isSlateShowing && isFine(view));
    const { lines } = await mediaPlaylist(hls);
    expect(lines.filter((line) => line.includes("DISCONTINUITY"))).toEqual([]);
    expect([...new Set(lines.filter((line) => line.startsWith("#EXTINF")))]).toEqual(["#EXTINF:2.000000,"]);

    const { nodes } = (await product.view(id)).source.switches;
    const byHand = { reason: "MANUAL", actor: ACTOR };
    expect(nodes.toReversed().slice(0, 4)).toEqual([
      { fromPath: "A", toPath: "B", reason: "INPUT_LOST", actor: null },
      { fromPath: "B", toPath: "A", ...byHand },
      { fromPath: "A", toPath: "B", ...byHand },
      { fromPath: "B", toPath: "A", ...byHand },
    ]);
    [alerts, summary, telemetry].forEach((subscription) => subscription.end());
    await product.act("stopSessions", id);
    await senders[0].stop();
  });

  it("sends to every kind of receiver at once, each with a status of its own, and restarts with what was edited", PATIENCE, async () => {
    const [input, group] = [await freeMulticast(), await freeMulticast()];
    const [rtmp, cmaf] = [await openRtmpReceiver(), await openCmafReceiver(`Basic ${Buffer.from("user:pass").toString("base64")}`)];
    const srt = openSrtReceiver({ port: await freeUdpPort(), passphrase: "correct-horse", streamId: "a-stream" });
    const receivers = [rtmp, cmaf, srt];
    await Promise.all(receivers.map((receiver) => receiver.start()));
    const sender = startMulticastSender(input);
    ends.push(sender.stop, ...receivers.map((receiver) => receiver.close));
    const templateId = await product.createTemplate("To all", [{ ...LADDER, audioBitrateKbps: 64 }]);
    const service = { serviceProvider: "Acme", programNumber: 7 };
    const id = await product.createSession({
      name: "To all",
      source: { type: "MULTICAST_PULL", urlA: urlOf(input) },
      playbacks: [
        web(templateId, { dashEnabled: true }),
        { name: "srt", type: "SRT_PUSH", templateId, urls: [srt.url], ...service },
        { name: "rtmp", type: "RTMP_PUSH", templateId, urls: [`${rtmp.url}/key`] },
        { name: "group", type: "MULTICAST", templateId, urls: [`${urlOf(group)}?ttl=0`], ...service },
        { name: "cmaf", type: "CMAF_PUSH", templateId, urls: [`${cmaf.url.replace("//", "//user:pass@")}/in/`] },
        { name: "file", type: "FILE", templateId, urls: ["show/evening"], fileFormat: "MKV" },
      ],
    });
    await product.act("startSessions", id);
    const { playbacks } = await product.untilFine(id);
    const recordings = join(product.directory, "recordings", "show");
    const fileIn = (directory: string): string => join(directory, readdirSync(directory)[0] ?? "");
    const targets = [playbacks[0]?.hlsUrl, playbacks[0]?.dashUrl, `${cmaf.url}/in/manifest.mpd`];
    const files = [fileIn(srt.directory), fileIn(rtmp.directory), fileIn(recordings)];
    const everywhere = [...targets, ...files].map((target) => codecs(target));
    expect(await Promise.all(everywhere)).toEqual(everywhere.map(() => ["h264", "aac"]));
    const program = await receiveProgram(`${urlOf(group)}?localaddr=127.0.0.1`);
    expect([program.program_num, program.tags.service_provider, program.streams.length]).toEqual([7, "Acme", 2]);

    await srt.kill();
    // A session and its playbacks are read by two statements: one may be newer than the other for a moment.
    const isShown = ({ health, playbacks: [, second] }: SessionView): boolean => health === "WARNING" && second?.health === "ERROR";
    const gone = await product.until("the dead receiver shows", id, isShown);
    expect(gone.status).toBe("RUNNING");
    expect(gone.playbacks.map(({ name, health }) => `${name} ${health}`)).toEqual([
      ...["web OK", "srt ERROR", "rtmp OK", "group OK", "cmaf OK", "file OK"],
    ]);
    await product.until("so does an alert", id, (view) => openAlert(view, "OUTPUT_FAILED")?.playback?.name === "srt");
    const before = srt.bytes();
    await srt.start();
    await eventually("it is fed again", () => srt.bytes() > before);
    await product.untilFine(id);

    const { node } = await product.client.graphql(`query Ladder($id: ID!) { node(id: $id) { ... on Template { renditions { id } } } }`, {
      id: templateId,
    });
    await product.client.graphql(
      `mutation Edit($input: UpdateTemplateInput!) { updateTemplate(input: $input) { userErrors { code message } } }`,
      { input: { id: templateId, renditions: [{ ...LADDER, id: node.renditions[0].id, audioBitrateKbps: 96 }] } },
    );
    const { pendingChanges, status } = await product.view(id);
    expect(status).toBe("RUNNING");
    expect(pendingChanges).toContainEqual({
      path: ["playbacks", "0", "template", "renditions", "0", "audioBitrateKbps"],
      before: "64",
      after: "96",
    });
    await product.act("restartSessions", id);
    const isAfresh = (view: SessionView): boolean => isFine(view) && view.runs.nodes.length === 2 && view.pendingChanges.length === 0;
    const { runs } = await product.until("it runs afresh, with all outputs", id, isAfresh);
    expect(runs.nodes).toEqual([
      { startedBy: ACTOR, stoppedBy: null, endReason: null },
      { startedBy: ACTOR, stoppedBy: ACTOR, endReason: "Restarted." },
    ]);
    survivors.push({ id, received: () => Math.min(...receivers.map((receiver) => receiver.bytes())) });
  });

  it("says on a machine whose ports for senders are taken what cannot run, and runs the rest", PATIENCE, async () => {
    const { headend, directory } = product.startSecond();
    const [, url = ""] = await headend.wrote(/The API is at (\S+)\/graphql/);
    expect(headend.output()).toMatch(/RTMP_PUSH cannot run: .*EADDRINUSE.*HEADEND_RTMP_PORT/);
    expect(headend.output()).toMatch(/SRT_PUSH cannot run: .*EADDRINUSE.*HEADEND_SRT_PORT/);
    const client = createGraphqlClient(url, readFileSync(join(directory, "admin-key"), "utf8").trim());
    const { encoders } = await eventually("its encoder is known", async () => {
      const data = await client.graphql(`{ encoders { supportedInputs } }`);
      return data["encoders"].length === 1 && data;
    });
    expect(encoders[0].supportedInputs).toContain("MULTICAST_PULL");
    expect(encoders[0].supportedInputs).not.toContain("RTMP_PUSH");
    expect(encoders[0].supportedInputs).not.toContain("SRT_PUSH");
    await client.close();
    expect(await headend.stop()).toMatchObject({ code: 0 });
  });
});

it("kill -9: leaves no process, and everything that is wanted runs again, with senders and receivers", PATIENCE, async () => {
  expect(survivors).toHaveLength(3);
  const masters = (await Promise.all(survivors.map(({ id }) => product.view(id)))).map(({ playbacks }) => playbacks[0]?.hlsUrl ?? "");
  const before = await Promise.all(masters.map(segmentsOf));
  const children = childrenOf(product.pid);
  expect(children.length).toBeGreaterThanOrEqual(4);
  await product.killAndStart();
  await eventually("its processes are gone", () => !children.some(isAlive), 5_000);
  const received = survivors.map((survivor) => survivor.received());
  await eventually("new segments of all", async () => {
    const now = await Promise.all(masters.map(segmentsOf));
    return now.every((segments, index) => segments.some((segment) => before[index]?.includes(segment) === false));
  });
  const views = await Promise.all(survivors.map(({ id }) => product.untilFine(id)));
  await eventually("all receivers are fed", () =>
    survivors.every(({ received: now }, index) => received[index] === 0 || now() > (received[index] ?? 0)),
  );
  expect(views.map((view) => view.runs.nodes[0]?.endReason)).toEqual([null, null, null]);
});
