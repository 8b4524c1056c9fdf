import { createSocket } from "node:dgram";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SrtClaim } from "../../src/srt/srt-claim.ts";
import { SrtFront } from "../../src/srt/srt-front.ts";
import { CAPTURED, packetOf } from "./captured-packets.ts";
import { FRAME_RATE, openLossyWire, openSrtBench, type SrtBench } from "./srt-bench.ts";
import { eventually } from "../support/media.ts";
import { childrenOf, isAlive } from "../support/process-list.ts";

let bench: SrtBench;
beforeAll(async () => {
  bench = await openSrtBench();
});
afterAll(() => bench.close());

/** Every mark that a passphrase may hold, and that some reader of it takes for something else. */
const PASSPHRASE = `p&s='+"%41 \\#?|;$x`;

/** A source, and the claim that it has on its stream key. */
function takeAlone(front: SrtFront, streamKey: string, ffmpegPath = bench.ffmpegPath) {
  const claims: SrtClaim[] = [];
  const { claim } = front;
  front.claim = (options) => {
    const made = claim.call(front, options);
    claims.push(made);
    return made;
  };
  const taken = bench.take({ streamKey, front, ffmpegPath });
  front.claim = claim;
  return { claims, taken };
}

describe.concurrent("publishers by SRT", () => {
  it.each([
    ["ffmpeg, the key alone", "ffmpeg", (key: string) => key],
    ["ffmpeg, the standard syntax", "ffmpeg", (key: string) => `#!::r=${key},m=publish`],
    ["srt-live-transmit", "srt-live-transmit", (key: string) => `#!::m=publish,r=${key}`],
  ] as const)("with the right key are taken in: %s", async (name, tool, idOf) => {
    const streamKey = `right-key-${name.length}`;
    const taken = bench.take({ streamKey });
    expect(taken.problem()).toBe("No publisher is connected.");
    const peer = bench.publish({ tool, streamId: idOf(streamKey) });
    await eventually("a stream of two seconds", () => taken.bytes() > 250_000);
    expect(taken.source.state(taken.clock.now())).toMatchObject({ isFlowing: true, problem: null, isAddressRefused: false });
    const { codecs, isWhole, complaints } = await bench.look(taken.stream());
    expect({ codecs, isWhole, complaints }).toEqual({ codecs: ["h264", "aac"], isWhole: true, complaints: "" });
    expect(bench.showing(streamKey)).toEqual([]);
    await peer.kill("SIGINT");
    await eventually("the loss of it", () => !taken.isFlowing(), 4_000);
    expect(taken.problem()).toBe("The publisher left.");
    await taken.close();
  });

  it("with a wrong key, none, or the wish to be sent to, get not one byte through", async () => {
    const streamKey = "only-this-key";
    const taken = bench.take({ streamKey });
    const wrong = [
      "only-this-ke",
      "only-this-key2",
      "ONLY-THIS-KEY",
      `#!::m=publish`,
      `#!::r=other-key,m=publish`,
      `#!::r=${streamKey},m=request`,
    ];
    const peers = [...wrong, null].map((streamId) => bench.publish({ streamId }));
    peers.push(bench.publish({ streamId: "other", tool: "srt-live-transmit" }));
    const ends = await Promise.all(peers.slice(0, -1).map((peer) => peer.ended));
    expect(ends.map(({ code }) => code)).not.toContain(0);
    expect({ bytes: taken.bytes(), starts: taken.starts(), problem: taken.problem() }).toEqual({
      bytes: 0,
      starts: 0,
      problem: "No publisher is connected.",
    });
    await taken.close();
  });

  it("need the passphrase, and the very one; nobody sees it", async () => {
    const streamKey = "secured-key-1";
    const taken = bench.take({ streamKey, passphrase: PASSPHRASE });
    const attempts = [
      [bench.publish({ streamId: streamKey }), /does not encrypt/],
      [bench.publish({ streamId: streamKey, passphrase: "another passphrase" }), /passphrase is not the session's/],
    ] as const;
    for (const [peer] of attempts) expect((await peer.ended).code).not.toBe(0);
    expect(taken.problem()).toMatch(/^A publisher was refused: /);
    expect(taken.bytes()).toBe(0);
    const again = bench.publish({ streamId: streamKey, passphrase: "yet another one" });
    expect((await again.ended).code).not.toBe(0);
    expect(taken.problem()).toMatch(attempts[1][1]);
    expect((await bench.publish({ streamId: streamKey }).ended).code).not.toBe(0);
    expect(taken.problem()).toMatch(attempts[0][1]);
    expect([taken.bytes(), taken.starts()]).toEqual([0, 0]);

    const peer = bench.publish({ streamId: streamKey, passphrase: PASSPHRASE });
    await eventually("the stream", () => taken.isFlowing());
    expect(bench.showing(streamKey, PASSPHRASE)).toEqual([]);
    await peer.kill();
    await taken.close();
  });

  it("that encrypt for a session without a passphrase are refused", async () => {
    const taken = bench.take({ streamKey: "open-session" });
    const { code } = await bench.publish({ streamId: "open-session", passphrase: "a passphrase" }).ended;
    expect(code).not.toBe(0);
    expect(taken.problem()).toBe("A publisher was refused: it encrypts, and the session has no passphrase.");
    expect(taken.bytes()).toBe(0);
    await taken.close();
  });

  it("that come second are refused, and the first goes on undisturbed", async () => {
    const taken = bench.take({ streamKey: "two-on-one-key" });
    const first = bench.publish({ streamId: "two-on-one-key" });
    await eventually("the first", () => taken.isFlowing());
    taken.longestGap();
    const seconds = await Promise.all([1, 2].map(() => bench.publish({ streamId: "two-on-one-key" }).ended));
    expect(seconds.map(({ code }) => code)).not.toContain(0);
    const before = taken.bytes();
    await eventually("more of the first", () => taken.bytes() > before + 100_000);
    expect(taken.longestGap()).toBeLessThan(700);
    expect(taken.starts()).toBe(1);
    const { isWhole, complaints } = await bench.look(taken.stream());
    expect({ isWhole, complaints }).toEqual({ isWhole: true, complaints: "" });
    await first.kill();
    await taken.close();
  });

  it("that left, or were killed, may come back", async () => {
    const streamKey = "back-again";
    const taken = bench.take({ streamKey });
    const first = bench.publish({ streamId: streamKey });
    await eventually("the first", () => taken.isFlowing());
    await first.kill("SIGINT");
    const second = bench.publish({ streamId: streamKey });
    const leftAt = performance.now();
    await eventually("a second start", () => taken.starts() === 2);
    // The listener is back within a moment; the rest is the analysis of the stream.
    expect(performance.now() - leftAt).toBeLessThan(3_500);

    await second.kill("SIGKILL");
    // Nothing tells of its death but its silence. One that comes back before it is noticed is refused, and tries again.
    const killedAt = performance.now();
    let third = bench.publish({ streamId: streamKey });
    await eventually("a third start", () => {
      if (third.isOver()) third = bench.publish({ streamId: streamKey });
      return taken.starts() === 3;
    });
    expect(performance.now() - killedAt).toBeLessThan(6_000);
    await eventually("the third flows", () => taken.isFlowing());
    await third.kill();
    await taken.close();
  });

  it("lose nothing on a way that loses one packet in 23", async () => {
    const taken = bench.take({ streamKey: "lossy-way" });
    const wire = await openLossyWire(bench.front.port, 23);
    const peer = bench.publish({ streamId: "lossy-way", port: wire.port });
    await eventually("six seconds", () => taken.bytes() > 800_000, 20_000);
    expect(wire.lost()).toBeGreaterThan(30);
    const { frames, isWhole, complaints } = await bench.look(taken.stream());
    expect({ isWhole, complaints }).toEqual({ isWhole: true, complaints: "" });
    expect(frames).toBeGreaterThan(4 * FRAME_RATE);
    expect(taken.source.state(taken.clock.now()).errorPercent).toBe(0);
    await peer.kill();
    wire.close();
    await taken.close();
  });

  it("lets a publisher go that stops sending, and takes it anew", async () => {
    const taken = bench.take({ streamKey: "frozen-one" });
    const peer = bench.publish({ streamId: "frozen-one" });
    await eventually("the stream", () => taken.isFlowing());
    process.kill(peer.pid, "SIGSTOP");
    await eventually("the silence", () => !taken.isFlowing(), 3_500);
    await eventually("word of it", () => /left|Nothing arrived/.test(taken.problem() ?? ""));
    await peer.kill();
    const next = bench.publish({ streamId: "frozen-one" });
    await eventually("the next one", () => taken.starts() === 2);
    await next.kill();
    await taken.close();
  });

  it("gives up on a stream when it is told to, and takes the publisher in again", async () => {
    const taken = bench.take({ streamKey: "rejected-one" });
    const peer = bench.publish({ streamId: "rejected-one" });
    await eventually("the stream", () => taken.isFlowing());
    taken.source.reject("Its codecs are others.");
    expect(taken.isFlowing()).toBe(false);
    expect(taken.problem()).toBe("Its codecs are others.");
    // It is told at once, and need not wait for its own patience to end.
    expect((await peer.ended).code).not.toBe(0);
    const next = bench.publish({ streamId: "rejected-one" });
    await eventually("the next one", () => taken.starts() === 2);
    await next.kill();
    await taken.close();
  });

  it("publish to the older of two sessions with one key, and to the other one once it is closed", async () => {
    const [older, younger] = [bench.take({ streamKey: "shared-key" }), bench.take({ streamKey: "shared-key" })];
    expect(younger.problem()).toBe("Another session of this encoder holds the stream key.");
    const peer = bench.publish({ streamId: "shared-key" });
    await eventually("the stream", () => older.isFlowing());
    await older.close();
    expect((await peer.ended).code).not.toBe(0);
    const next = bench.publish({ streamId: "shared-key" });
    await eventually("the stream", () => younger.isFlowing());
    expect(younger.starts()).toBe(1);
    await next.kill();
    await younger.close();
  });

  it("cannot pass the front by: what a stranger pushes to a listener counts for nothing", async () => {
    const front = await SrtFront.open({ host: "127.0.0.1", port: 0 });
    const { claims, taken } = takeAlone(front, "behind-the-front");
    claims[0]?.options.onCalled();
    const port = await eventually("a listener", () => claims[0]?.listenerPort);
    bench.publish({ streamId: "behind-the-front", port });
    await eventually("word of it", () => taken.problem() === "A program on this machine took the place of the publisher.");
    expect([taken.bytes(), taken.starts()]).toEqual([0, 0]);
    const peer = bench.publish({ streamId: "behind-the-front", port: front.port });
    await eventually("the publisher", () => taken.isFlowing());
    await peer.kill();
    await taken.close();
    await front.close();
  });

  it("cost no process until somebody calls with the key, and none for long after", async () => {
    const streamKey = "seldom-used";
    const taken = bench.take({ streamKey });
    const stranger = bench.publish({ streamId: "another-one" });
    expect((await stranger.ended).code).not.toBe(0);
    expect(taken.source.pid).toBeNull();
    const first = bench.publish({ streamId: streamKey });
    await eventually("the stream", () => taken.isFlowing());
    await first.kill("SIGINT");
    await eventually("a process for whoever comes back", () => taken.problem() === "The publisher left." && taken.source.pid !== null);
    const pid = await eventually("the one after the publisher's", () => !taken.isFlowing() && taken.source.pid);
    taken.source.watch(taken.clock.now() + 9_000);
    expect(taken.source.pid).toBe(pid);
    taken.source.watch(taken.clock.now() + 11_000);
    await eventually("no process", () => taken.source.pid === null);
    expect([isAlive(pid), taken.problem()]).toEqual([false, "The publisher left."]);
    const next = bench.publish({ streamId: streamKey });
    await eventually("the next one", () => taken.starts() === 2 && taken.isFlowing());
    await next.kill();
    await taken.close();
  });

  it("that have given up while the process was starting do not take the place of whoever calls next", async () => {
    const ffmpegPath = join(bench.root, "late-ffmpeg");
    writeFileSync(ffmpegPath, `#!/bin/sh\nsleep 4.5\nexec "${bench.ffmpegPath}" "$@"\n`, { mode: 0o755 });
    const taken = bench.take({ streamKey: "late-listener", ffmpegPath });
    expect((await bench.publish({ streamId: "late-listener" }).ended).code).not.toBe(0);
    const next = bench.publish({ streamId: "late-listener" });
    await eventually("the stream of the one that still called", () => taken.isFlowing());
    expect([taken.starts(), next.isOver()]).toEqual([1, false]);
    await next.kill();
    await taken.close();
  });

  it("find somebody who listens at once, though that was about to sleep after failures of before", async () => {
    const front = await SrtFront.open({ host: "127.0.0.1", port: 0 });
    const { claims, taken } = takeAlone(front, "about-to-sleep");
    claims[0]?.options.onCalled();
    const pids = new Set<number>();
    const nextPid = () => eventually("a new process", () => !pids.has(taken.source.pid ?? 0) && taken.source.pid);
    for (let failures = 0; failures < 4; failures += 1) {
      const pid = await nextPid();
      pids.add(pid);
      process.kill(pid, "SIGKILL");
    }
    pids.add(await nextPid());
    taken.source.watch(taken.clock.now() + 11_000);
    claims[0]?.options.onCalled();
    const calledAt = performance.now();
    await nextPid();
    expect(performance.now() - calledAt).toBeLessThan(1_500);
    await taken.close();
    await front.close();
  });

  it("call in vain once they have given up before it was the turn of their process", async () => {
    const front = await SrtFront.open({ host: "127.0.0.1", port: 0 });
    // Nobody hears of them that they are there.
    const ffmpegPath = join(bench.root, "mute-ffmpeg");
    writeFileSync(ffmpegPath, "#!/bin/sh\nexec sleep 60\n", { mode: 0o755 });
    const crowd = Array.from({ length: 6 * availableParallelism() }, (_, index) => takeAlone(front, `one-of-many-${index}`, ffmpegPath));
    const running = () => crowd.filter(({ taken }) => taken.source.pid !== null).length;
    for (const { claims } of crowd) claims[0]?.options.onCalled();
    await eventually("the first of them", () => running() === 2 * availableParallelism());
    const patient = crowd.at(-1)!;
    const calls = setInterval(() => patient.claims[0]?.options.onCalled(), 250);
    await eventually("the one who still calls", () => patient.taken.source.pid !== null, 3_000);
    clearInterval(calls);
    expect(running()).toBe(2 * availableParallelism() + 1);
    await Promise.all(crowd.map(({ taken }) => taken.close()));
    expect(running()).toBe(0);
    await front.close();
  });

  it("leave no process behind when the source is closed", async () => {
    const taken = bench.take({ streamKey: "closed-one" });
    const peer = bench.publish({ streamId: "closed-one" });
    await eventually("the stream", () => taken.isFlowing());
    const pid = taken.source.pid ?? 0;
    expect(childrenOf(process.pid)).toContain(pid);
    await taken.close();
    await taken.close();
    expect(isAlive(pid)).toBe(false);
    expect(taken.source.pid).toBeNull();
    expect((await peer.ended).code).not.toBe(0);
    const { code } = await bench.publish({ streamId: "closed-one" }).ended;
    expect(code).not.toBe(0);
  });

  it("are served while somebody throws garbage at the front", async () => {
    const taken = bench.take({ streamKey: "among-garbage" });
    const thrower = createSocket("udp4");
    const samples = Object.values(CAPTURED).flatMap((group) => Object.values(group).map(packetOf));
    const timer = setInterval(() => {
      for (let count = 0; count < 20; count += 1) {
        const packet = Buffer.from(samples[Math.floor(Math.random() * samples.length)]!);
        for (let hit = 0; hit < 3; hit += 1) packet[Math.floor(Math.random() * packet.length)] = Math.floor(Math.random() * 256);
        thrower.send(
          packet.subarray(0, Math.random() < 0.3 ? Math.floor(Math.random() * packet.length) : packet.length),
          bench.front.port,
          "127.0.0.1",
        );
      }
    }, 20);
    const peer = bench.publish({ streamId: "among-garbage" });
    await eventually("the stream", () => taken.bytes() > 300_000);
    clearInterval(timer);
    thrower.close();
    expect((await bench.look(taken.stream())).isWhole).toBe(true);
    await peer.kill();
    await taken.close();
  });
});

it("leaves nothing of all of them in the front", async () => {
  await eventually("an empty front", () => bench.front.size === 0, 6_000);
});
