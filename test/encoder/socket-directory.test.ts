import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { afterAll, expect, it } from "vitest";
import { cmafDirectory, liveDirectory } from "../../src/encoder/live-directory.ts";
import { createDatagramReceiver } from "../../src/encoder/datagram-receiver.ts";
import { createMediaRunner } from "../../src/encoder/media-runner.ts";
import { senderFactories } from "../../src/encoder/output-senders.ts";
import { openSocketDirectory } from "../../src/encoder/socket-directory.ts";
import { randomToken } from "../../src/shared/identifier.ts";
import { mediaCapabilities } from "../support/media.ts";
import { httpOutput, keepAssets } from "./media-harness.ts";

const root = mkdtempSync(join(tmpdir(), "headend-sockets-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it("holds the sockets of all senders, and a start removes what a killed run left of them and of ladders that were sent on", async () => {
  const mediaRoot = join(root, "media");
  const socketDirectory = join(root, "sockets");
  const [sent, shown, old] = [randomToken(26), randomToken(26), randomToken(26)];
  const log = pino({ level: "silent" });
  const start = async () => {
    createMediaRunner({
      ...{ capabilities: await mediaCapabilities(), mediaRoot, socketDirectory, fileRoot: join(root, "files") },
      ...{ recordsDirectory: join(root, "processes"), multicastInterface: null, networkPolicy: { allowedNetworks: [] } },
      ...{ readImage: () => Promise.resolve(null), log, datagrams: createDatagramReceiver({ log }) },
      ...{ assets: keepAssets(root), storageLevel: () => "PLENTY" },
    });
  };
  await start();
  const resolve = () => Promise.resolve({ kind: "UNRESOLVED", message: "Nowhere." } as const);
  const factories = senderFactories({ mediaRoot, socketDirectory, multicastInterface: null, resolve });
  const output = httpOutput();
  const senders = [
    await factories.RTMP_PUSH?.({ url: "rtmp://receiver.test/live/key", output }),
    await factories.SRT_PUSH?.({ url: "srt://receiver.test:9000", output }),
  ];
  const paths = senders.map((sender) => sender!.localUrl.slice("unix:".length));
  for (const path of paths) {
    expect(dirname(dirname(path))).toBe(socketDirectory);
    expect(statSync(dirname(path)).mode & 0o077).toBe(0);
    expect(statSync(path).isSocket()).toBe(true);
  }
  // As a killed run leaves them.
  mkdirSync(join(socketDirectory, "srt-left"));
  writeFileSync(join(socketDirectory, "srt-left", "1.sock"), "");
  for (const directory of [cmafDirectory(mediaRoot, sent), join(liveDirectory(mediaRoot), shown), join(liveDirectory(mediaRoot), old)]) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "file"), "");
  }
  utimesSync(join(liveDirectory(mediaRoot), old), 0, 0);
  await Promise.all(senders.map((sender) => sender!.close()));
  await start();
  expect(readdirSync(socketDirectory)).toEqual([]);
  expect(existsSync(cmafDirectory(mediaRoot, sent))).toBe(false);
  expect(readdirSync(liveDirectory(mediaRoot))).toEqual([shown]);
});

it("lies where sockets have short paths, the same at every start, and never where somebody else's directory is", () => {
  const long = join(root, "a".repeat(90));
  const short = openSocketDirectory(long);
  expect(existsSync(long)).toBe(false);
  expect(Buffer.byteLength(join(short, "rtmp-XXXXXX", "00000000.sock"))).toBeLessThan(104);
  expect(statSync(short).mode & 0o077).toBe(0);
  writeFileSync(join(short, "left"), "");
  expect(openSocketDirectory(long)).toBe(short);
  expect(readdirSync(short)).toEqual([]);
  rmSync(short, { recursive: true });
  const elsewhere = join(root, "elsewhere");
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, "theirs"), "");
  symlinkSync(elsewhere, short);
  const other = openSocketDirectory(long);
  expect(other).not.toBe(short);
  expect(readdirSync(elsewhere)).toEqual(["theirs"]);
  rmSync(short);
  rmSync(other, { recursive: true });
});
