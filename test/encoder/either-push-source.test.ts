import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EitherPushSource } from "../../src/encoder/either-push-source.ts";
import { createPatientClock } from "../../src/encoder/patient-clock.ts";
import { FLV_HEADER } from "../../src/rtmp/flv.rules.ts";
import { startRtmpServer, type RtmpServer } from "../../src/rtmp/rtmp-server.ts";
import { randomToken } from "../../src/shared/identifier.ts";
import { createLog } from "../../src/shared/log.ts";
import { SrtFront } from "../../src/srt/srt-front.ts";
import { dial, startPublisher } from "../rtmp/peers.ts";
import { openSrtBench, type SrtBench } from "../srt/srt-bench.ts";
import { eventually } from "../support/media.ts";
import { isAlive } from "../support/process-list.ts";

const PASSPHRASE = "a passphrase of the test";
const REFUSED_BY_RTMP = { 3: { code: "NetStream.Publish.BadName" } };

let bench: SrtBench;
let server: RtmpServer;

beforeAll(async () => {
  bench = await openSrtBench();
  server = await startRtmpServer({ host: "127.0.0.1", port: 0, tls: null, log: createLog({ level: "silent" }) });
});

afterAll(async () => {
  await bench.close();
  await server.close();
});

/** A source with a clock that is wound as a session winds it, and those who push to it. */
function take({ ffmpegPath = bench.ffmpegPath, front = bench.front }: { readonly ffmpegPath?: string; readonly front?: SrtFront } = {}) {
  const clock = createPatientClock(600);
  const [streamKey, srtStreamKey] = [randomToken(20), randomToken(20)];
  const streams: { readonly type: string; readonly chunks: Buffer[] }[] = [];
  const source: EitherPushSource = new EitherPushSource({
    ...{ server, front, passphrase: PASSPHRASE, streamKey, srtStreamKey, host: bench.host, ffmpegPath, clock },
    handlers: {
      onStart: () => void streams.push({ type: source.type, chunks: [] }),
      onBytes: (chunk) => void streams.at(-1)?.chunks.push(chunk),
    },
  });
  const timer = setInterval(() => {
    if (!clock.tick()) source.watch(clock.now());
  }, 100);
  const state = () => source.state(clock.now());
  return {
    source,
    streamKey,
    srtStreamKey,
    streams,
    types: () => streams.map(({ type }) => type),
    state,
    problem: () => state().problem,
    bytes: () => streams.at(-1)?.chunks.reduce((sum, { length }) => sum + length, 0) ?? 0,
    pushByRtmp: () => startPublisher(`rtmp://127.0.0.1:${server.port}/live/${streamKey}`),
    pushBySrt: (passphrase = PASSPHRASE, streamId = srtStreamKey) => bench.publish({ streamId, passphrase, port: front.port }),
    async close() {
      clearInterval(timer);
      await source.close();
    },
  };
}

/** Comes again and again, as encoders do. */
async function untilLetInByRtmp(streamKey: string): Promise<void> {
  await eventually("a publisher by RTMP", async () => {
    const [, , , status] = await (await dial(server.port)).publish(streamKey);
    return JSON.stringify(status).includes("NetStream.Publish.Start");
  });
}

describe.concurrent("an input that is pushed by RTMP or by SRT", () => {
  it("takes whoever comes, each time by the one or the other, and tells of the newest", async () => {
    const { source, streams, types, state, problem, bytes, pushByRtmp, pushBySrt, close } = take();
    expect(state()).toEqual({
      ...{ isFlowing: false, problem: "Nobody publishes to this input yet.", isAddressRefused: false, errorPercent: null },
    });
    expect(source.pid).toBeNull();
    const first = pushByRtmp();
    await eventually("a stream by RTMP", () => state().isFlowing && bytes() > 100_000);
    expect([problem(), state().errorPercent]).toEqual([null, null]);
    await first.kill();
    await eventually("its loss", () => !state().isFlowing);
    expect(problem()).toMatch(/^The (publisher closed the connection|connection to the publisher broke)\.$/);

    const second = pushBySrt();
    await eventually("a stream by SRT", () => state().isFlowing && bytes() > 250_000);
    expect([problem(), state().errorPercent]).toEqual([null, 0]);
    await second.kill("SIGINT");
    await eventually("its loss", () => !state().isFlowing, 4_000);
    expect(problem()).toBe("The publisher left.");

    const third = pushByRtmp();
    await eventually("a stream by RTMP", () => state().isFlowing && bytes() > 100_000);
    expect(types()).toEqual(["RTMP_PUSH", "SRT_PUSH", "RTMP_PUSH"]);
    for (const { chunks } of streams) {
      const { codecs, complaints } = await bench.look(Buffer.concat(chunks));
      expect({ codecs, complaints }).toEqual({ codecs: ["h264", "aac"], complaints: "" });
    }
    await third.kill();
    await close();
  });

  it("refuses a second publisher by the other protocol as it does one by the same", async () => {
    const { streamKey, types, state, bytes, pushByRtmp, pushBySrt, close } = take();
    const byRtmp = pushByRtmp();
    await eventually("a stream by RTMP", () => state().isFlowing);
    expect((await pushBySrt().ended).code).not.toBe(0);
    expect(await (await dial(server.port)).publish(streamKey)).toMatchObject(REFUSED_BY_RTMP);
    const before = bytes();
    await eventually("more of the first", () => state().isFlowing && bytes() > before + 50_000);
    await byRtmp.kill();

    await eventually("its loss", () => !state().isFlowing);
    const bySrt = pushBySrt();
    await eventually("a stream by SRT", () => state().isFlowing);
    expect(await (await dial(server.port)).publish(streamKey)).toMatchObject(REFUSED_BY_RTMP);
    expect((await pushBySrt().ended).code).not.toBe(0);
    const after = bytes();
    await eventually("more of the second", () => state().isFlowing && bytes() > after + 100_000);
    expect(types()).toEqual(["RTMP_PUSH", "SRT_PUSH"]);
    await bySrt.kill();
    await close();
  });

  it("takes the other protocol once it has given up whoever fell silent by the first", async () => {
    const { streamKey, types, state, pushByRtmp, pushBySrt, close } = take();
    const frozen = pushByRtmp();
    await eventually("a stream by RTMP", () => state().isFlowing);
    frozen.child.kill("SIGSTOP");
    let bySrt = pushBySrt();
    await eventually("a stream by SRT", () => {
      if (bySrt.isOver()) bySrt = pushBySrt();
      return types().length === 2;
    });
    await Promise.all([frozen.kill(), bySrt.kill("SIGKILL")]);
    await untilLetInByRtmp(streamKey);
    expect(types()).toEqual(["RTMP_PUSH", "SRT_PUSH"]);
    await close();
  });

  it("lets one in of two that come at once", async () => {
    // Of a process that is slow to begin, the caller by SRT is not let in before somebody else is.
    const ffmpegPath = join(bench.root, "slow-ffmpeg");
    writeFileSync(ffmpegPath, `#!/bin/sh\nsleep 1.5\nexec "${bench.ffmpegPath}" "$@"\n`, { mode: 0o755 });
    const front = await SrtFront.open({ host: "127.0.0.1", port: 0 });
    const { streamKey, types, pushBySrt, close } = take({ ffmpegPath, front });
    const bySrt = pushBySrt();
    await eventually("the call by SRT", () => front.size === 1);
    const byRtmp = await dial(server.port);
    expect(await byRtmp.publish(streamKey)).toMatchObject({ 3: { code: "NetStream.Publish.Start" } });
    expect((await bySrt.ended).code).not.toBe(0);
    expect([types(), byRtmp.isClosed()]).toEqual([[], false]);
    byRtmp.socket.destroy();
    await close();
    await front.close();
  });

  it("gives nothing on of a stream that is over once the next one has begun", async () => {
    // By SRT it goes on after the publisher left, as long as that is let; by RTMP it gives out what it gets.
    const ffmpegPath = join(bench.root, "talkative-ffmpeg");
    const words = `case "$*" in *concat*) "${bench.ffmpegPath}" "$@"; while :; do echo LATE; sleep 0.02; done;; *) exec cat;; esac`;
    writeFileSync(ffmpegPath, `#!/bin/sh\n${words}\n`, { mode: 0o755 });
    const { source, streamKey, streams, types, state, pushBySrt, close } = take({ ffmpegPath });
    const bySrt = pushBySrt();
    await eventually("a stream by SRT", () => state().isFlowing);
    const pid = source.pid ?? 0;
    await bySrt.kill("SIGINT");
    await untilLetInByRtmp(streamKey);
    await eventually("its stream", () => types().length === 2);
    await eventually("the end of the process before", () => !isAlive(pid));
    const [first, second] = streams.map(({ chunks }) => Buffer.concat(chunks).toString("latin1"));
    expect([first?.includes("LATE"), second]).toEqual([true, FLV_HEADER.toString("latin1")]);
    await close();
  });

  it("does not take what a publisher by RTMP left behind for a new stream, once somebody pushes by SRT", async () => {
    // By RTMP it gives out its first byte when it is told to; by SRT as soon as somebody is let in.
    const ffmpegPath = join(bench.root, "hesitant-ffmpeg");
    const [connected, go] = [join(bench.root, "connected"), join(bench.root, "go")];
    const until = (file: string) => `while [ ! -e ${file} ]; do sleep 0.02; done`;
    const bySrtItDoes = `(${until(connected)}; while :; do echo NEW; sleep 0.02; done) & exec "${bench.ffmpegPath}" "$@"`;
    const words = `case "$*" in *concat*) ${bySrtItDoes};; *) cat > /dev/null; ${until(go)}; echo OLD;; esac`;
    writeFileSync(ffmpegPath, `#!/bin/sh\n${words}\n`, { mode: 0o755 });
    const { streamKey, streams, types, state, problem, pushBySrt, close } = take({ ffmpegPath });
    // A listener is there, whose caller was not let in.
    expect((await pushBySrt("another passphrase").ended).code).not.toBe(0);
    const byRtmp = await dial(server.port);
    expect(await byRtmp.publish(streamKey)).toMatchObject({ 3: { code: "NetStream.Publish.Start" } });
    byRtmp.socket.destroy();
    await eventually("its end", () => /^The (publisher|connection)/.test(problem() ?? ""));
    const bySrt = pushBySrt();
    await eventually("the publisher by SRT", () => problem() === "A publisher is connected, and its stream has not arrived yet.");
    writeFileSync(connected, "");
    await eventually("its stream", () => types().length === 1);
    writeFileSync(go, "");
    const before = streams[0]?.chunks.length ?? 0;
    await eventually("more of it", () => state().isFlowing && (streams[0]?.chunks.length ?? 0) > before + 50);
    expect(types()).toEqual(["SRT_PUSH"]);
    expect(Buffer.concat(streams[0]?.chunks ?? []).toString("latin1")).not.toContain("OLD");
    await bySrt.kill();
    await close();
  });

  it("lets nobody in by the key of the other protocol", async () => {
    const { source, streamKey, srtStreamKey, pushBySrt, close } = take();
    expect(await (await dial(server.port)).publish(srtStreamKey)).toMatchObject(REFUSED_BY_RTMP);
    expect((await pushBySrt(PASSPHRASE, streamKey).ended).code).not.toBe(0);
    expect(source.pid).toBeNull();
    await close();
  });

  it("wants the passphrase of those who come by SRT, and says who was refused", async () => {
    const { state, problem, types, pushByRtmp, pushBySrt, close } = take();
    const first = pushByRtmp();
    await eventually("a stream by RTMP", () => state().isFlowing);
    await first.kill();
    await eventually("its loss", () => !state().isFlowing);
    expect((await pushBySrt("another passphrase").ended).code).not.toBe(0);
    expect(problem()).toBe("A publisher was refused: its passphrase is not the session's.");
    expect(types()).toEqual(["RTMP_PUSH"]);
    await close();
  });

  it("gives up on what comes in when it is told to, and takes it in again by either", async () => {
    const { source, types, state, problem, pushByRtmp, pushBySrt, close } = take();
    const bySrt = pushBySrt();
    await eventually("a stream by SRT", () => state().isFlowing);
    source.reject("Its codecs are others.");
    expect([state().isFlowing, problem()]).toEqual([false, "Its codecs are others."]);
    expect((await bySrt.ended).code).not.toBe(0);
    const byRtmp = pushByRtmp();
    await eventually("a stream by RTMP", () => state().isFlowing);
    source.reject("So are these.");
    expect([state().isFlowing, problem()]).toEqual([false, "So are these."]);
    expect(await byRtmp.ended).not.toBe("");
    expect(types()).toEqual(["SRT_PUSH", "RTMP_PUSH"]);
    await close();
  });

  it.each(["RTMP", "SRT"])("leaves nothing when it is closed while somebody pushes by %s", async (protocol) => {
    const { source, streamKey, state, pushByRtmp, pushBySrt, close } = take();
    const publisher = protocol === "RTMP" ? pushByRtmp() : pushBySrt();
    await eventually("the stream", () => state().isFlowing);
    const pid = source.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    await close();
    await close();
    expect([isAlive(pid), source.pid]).toEqual([false, null]);
    await publisher.ended;
    expect(await (await dial(server.port)).publish(streamKey)).toMatchObject(REFUSED_BY_RTMP);
    expect((await pushBySrt().ended).code).not.toBe(0);
  });
});

it("leaves nothing of all of them in the front", async () => {
  await eventually("an empty front", () => bench.front.size === 0, 6_000);
});
