import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Resolution } from "../../src/network/resolve.ts";
import { SrtSender } from "../../src/srt/srt-sender.ts";
import { eventually, freeUdpPort } from "../support/media.ts";
import { isAlive } from "../support/process-list.ts";
import { LOOPBACK, openLossyWire, openSrtBench, type SrtBench } from "./srt-bench.ts";

let bench: SrtBench;
beforeAll(async () => {
  bench = await openSrtBench();
});
afterAll(() => bench.close());

const PASSPHRASE = "out-into-the-world";
const ENOUGH_BYTES = 250_000;
const NEVER = 1_000_000_000;

describe.concurrent("outputs by SRT", () => {
  it.each([
    ["plain, to ffmpeg", "ffmpeg", null],
    ["plain, to srt-live-transmit", "srt-live-transmit", null],
    ["with a key of 16 bytes", "ffmpeg", 16],
    ["with a key of 24 bytes", "ffmpeg", 24],
    ["with a key of 32 bytes", "srt-live-transmit", 32],
  ] as const)("arrive whole: %s", async (_, tool, keyBytes) => {
    const port = await freeUdpPort();
    const secret = keyBytes === null ? "" : `&passphrase=${PASSPHRASE}${keyBytes}&pbkeylen=${keyBytes}`;
    const receiver = bench.receive({ port, tool, ...(keyBytes === null ? {} : { passphrase: `${PASSPHRASE}${keyBytes}` }) });
    const { sender } = await bench.send(`srt://127.0.0.1:${port}?streamid=canary-stream-id&latency=200000${secret}`);
    await eventually("two seconds of it", () => receiver.output().length > ENOUGH_BYTES);
    const { codecs, isWhole, complaints } = await bench.look(receiver.output());
    expect({ codecs, isWhole, complaints }).toEqual({ codecs: ["h264", "aac"], isWhole: true, complaints: "" });
    expect(sender.state()).toMatchObject({ isConnected: true, problem: null, isAddressRefused: false });
    expect(sender.state().bytes).toBeGreaterThan(ENOUGH_BYTES * 0.9);
    expect(sender.localUrl).toMatch(/^unix:\//);
    expect(bench.showing(PASSPHRASE, "canary-stream-id")).toEqual([]);
    await sender.close();
    expect(existsSync(sender.localUrl.slice("unix:".length))).toBe(false);
    await receiver.kill();
  });

  it.each([
    ["another passphrase", "a wrong passphrase", "The receiver refused the connection: its passphrase is another one."],
    ["none", null, "The receiver refused the connection: one side has a passphrase and the other has none."],
  ])("do not get through with %s, and say so; with the right one they do", async (_, wrong, problem) => {
    const port = await freeUdpPort();
    const receiver = bench.receive({ port, passphrase: PASSPHRASE });
    const option = wrong === null ? "" : `?passphrase=${wrong.replaceAll(" ", "+")}`;
    const refused = await bench.send(`srt://127.0.0.1:${port}${option}`);
    await eventually("the refusal", () => refused.sender.state().problem === problem);
    expect(refused.sender.state()).toMatchObject({ isConnected: false, bytes: 0 });
    expect(receiver.output().length).toBe(0);
    await refused.sender.close();
    const { sender } = await bench.send(`srt://127.0.0.1:${port}?passphrase=${PASSPHRASE}`);
    await eventually("the stream", () => receiver.output().length > 0 && sender.state().isConnected);
    await sender.close();
    await receiver.kill();
  });

  it("name the stream ID that a receiver demands, in the standard syntax too", async () => {
    const taken = bench.take({ streamKey: "sent-by-ourselves", passphrase: PASSPHRASE });
    const to = (streamId: string) => bench.send(`srt://127.0.0.1:${bench.front.port}?streamid=${streamId}&passphrase=${PASSPHRASE}`);
    const wrong = await to("another-stream-key");
    await eventually("the refusal", () => /stream ID is not accepted/.test(wrong.sender.state().problem ?? ""));
    const right = await to("#!::r=sent-by-ourselves,m=publish");
    await eventually("the stream", () => taken.bytes() > ENOUGH_BYTES);
    expect((await bench.look(taken.stream())).isWhole).toBe(true);
    const second = await to("sent-by-ourselves");
    await eventually("the refusal", () => /somebody else sends/.test(second.sender.state().problem ?? ""));
    expect(taken.starts()).toBe(1);
    await right.sender.close();
    await eventually("the second one in its place", () => taken.starts() === 2);
    expect([wrong.sender.state().bytes, second.sender.state().isConnected]).toEqual([0, true]);
    await Promise.all([wrong, second].map(({ sender }) => sender.close()));
    await taken.close();
  });

  it("lose nothing on a way that loses one packet in 23, while their key changes again and again", async () => {
    const port = await freeUdpPort();
    const wire = await openLossyWire(port, 23);
    const receiver = bench.receive({ port, passphrase: PASSPHRASE });
    const options = `passphrase=${PASSPHRASE}&kmrefreshrate=120&kmpreannounce=50&latency=400000`;
    const { sender } = await bench.send(`srt://127.0.0.1:${wire.port}?${options}`);
    // Some 85 packets a second: the key changes four times at least.
    await eventually("six seconds of it", () => receiver.output().length > 3 * ENOUGH_BYTES, 20_000);
    const { isWhole, complaints } = await bench.look(receiver.output());
    expect({ isWhole, complaints }).toEqual({ isWhole: true, complaints: "" });
    expect(wire.lost()).toBeGreaterThan(30);
    expect(wire.keyChanges()).toBeGreaterThan(4);
    await sender.close();
    wire.close();
    await receiver.kill();
  });

  it.each([
    ["seen by the system", false],
    ["unseen", true],
  ])("go on within 3 s to a receiver that was killed, %s, and is back", async (_, isHidden) => {
    const port = await freeUdpPort();
    // Behind this way nobody hears from the system that a port is closed.
    const wire = isHidden ? await openLossyWire(port, NEVER) : null;
    const first = bench.receive({ port });
    const { sender, encoder } = await bench.send(`srt://127.0.0.1:${wire?.port ?? port}`);
    await eventually("the stream", () => sender.state().isConnected && first.output().length > 0);
    await first.kill();
    if (!isHidden) {
      await eventually("word of it", () => !sender.state().isConnected && sender.state().problem !== null, 3_000);
      const { bytes } = sender.state();
      await eventually("other attempts", () => sender.state().problem === "The receiver does not answer.", 6_000);
      expect(sender.state().bytes).toBe(bytes);
    }
    const second = bench.receive({ port, tool: "srt-live-transmit" });
    const backAt = performance.now();
    await eventually("the stream again", () => second.output().length > 0, 6_000);
    expect(performance.now() - backAt).toBeLessThan(3_000);
    await eventually("a connection", () => sender.state().isConnected);
    expect(isAlive(encoder.pid)).toBe(true);
    await sender.close();
    await second.kill();
    wire?.close();
  });

  it("notice a receiver that is frozen, hold up nothing, and go on when it does", async () => {
    const port = await freeUdpPort();
    const receiver = bench.receive({ port });
    const { sender, encoder } = await bench.send(`srt://127.0.0.1:${port}`);
    await eventually("the stream", () => sender.state().isConnected);
    process.kill(receiver.pid, "SIGSTOP");
    await eventually("word of it", () => !sender.state().isConnected, 2_500);
    const { bytes } = sender.state();
    process.kill(receiver.pid, "SIGCONT");
    await eventually("the stream again", () => sender.state().isConnected && sender.state().bytes > bytes + 50_000);
    expect(isAlive(encoder.pid)).toBe(true);
    await sender.close();
    await receiver.kill();
  });

  it("go on when the encoder is started anew", async () => {
    const port = await freeUdpPort();
    const receiver = bench.receive({ port, tool: "srt-live-transmit" });
    const { sender, encoder, encode } = await bench.send(`srt://127.0.0.1:${port}`);
    await eventually("the stream", () => receiver.output().length > 0);
    await encoder.kill();
    encode();
    const before = receiver.output().length;
    await eventually("more of it", () => receiver.output().length > before + ENOUGH_BYTES);
    await sender.close();
    await receiver.kill();
  });

  it("connect only to addresses that are allowed at that moment", async () => {
    const port = await freeUdpPort();
    const receiver = bench.receive({ port });
    const problem = { code: "URL_NOT_ALLOWED", message: "The address 10.0.0.1 is a private address." } as const;
    const verdicts: Resolution[] = [
      { kind: "REFUSED", problem },
      { kind: "UNRESOLVED", message: "The name has no address now." },
    ];
    const asked: string[] = [];
    const url = `srt://receiver.example:${port}?streamid=abc`;
    const { sender } = await bench.send(url, async (text) => {
      asked.push(text);
      return verdicts.shift() ?? LOOPBACK;
    });
    await eventually("the refusal", () => sender.state().isAddressRefused);
    expect(sender.state()).toEqual({ isConnected: false, bytes: 0, problem: problem.message, isAddressRefused: true });
    await eventually("the other problem", () => sender.state().problem === "The name has no address now.");
    expect(sender.state().isAddressRefused).toBe(false);
    await eventually("the stream", () => sender.state().isConnected && receiver.output().length > 0);
    expect(asked).toEqual([url, url, url]);
    await sender.close();
    await receiver.kill();
  });

  it("say when a URL is none", async () => {
    await expect(SrtSender.open({ url: "udp://127.0.0.1:5000", resolve: () => Promise.resolve(LOOPBACK) })).rejects.toThrow(/srt:\/\//);
  });
});
