import { createServer, type RequestListener } from "node:http";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { CmafSender } from "../../src/encoder/cmaf-sender.ts";
import { UploadClient } from "../../src/encoder/upload-client.ts";
import { invalid } from "../../src/network/url-problem.ts";
import type { Resolution } from "../../src/network/resolve.ts";
import { eventually } from "../support/media.ts";
import { makeDirectory, openCmafReceiver } from "./output-receivers.ts";

const root = makeDirectory("cmaf");
afterAll(() => rmSync(root, { recursive: true, force: true }));

const AUTHORIZATION = `Basic ${Buffer.from("me:pass word").toString("base64")}`;
let number = 0;

/** A sender with a directory to write into as the encoder does. */
function openSender(url: string, resolution: () => Resolution = () => ({ kind: "ALLOWED", addresses: ["127.0.0.1"] })) {
  number += 1;
  const directory = join(root, `sent ${number}`);
  mkdirSync(directory);
  writeFileSync(join(directory, "r0_0.init"), "of a run that is over");
  const sender = new CmafSender({ baseUrl: url, directory, encoderDirectory: root, resolve: () => Promise.resolve(resolution()) });
  const write = (name: string, text = name): void => {
    writeFileSync(join(directory, `${name}.tmp`), text);
    renameSync(join(directory, `${name}.tmp`), join(directory, name));
  };
  const name = (...numbers: readonly number[]): void => {
    for (const one of numbers) write(`ra_0_${one}.m4s`);
    write("media_0.m3u8", ['#EXT-X-MAP:URI="ra_0.init"', ...numbers.map((one) => `ra_0_${one}.m4s`), ""].join("\n"));
  };
  return { sender, write, name, remove: (file: string) => rmSync(join(directory, file)), directory };
}

it("sends what is new in order, removes what is gone, and says all of it again to a receiver that was away", async () => {
  const receiver = await openCmafReceiver(AUTHORIZATION);
  await receiver.start();
  const { sender, write, name, remove } = openSender(`${receiver.url.replace("127.0.0.1", "me:pass%20word@receiver.test")}/a/b?x=1`);
  expect(sender.localUrl).toMatch(/^sent \d+\/manifest\.mpd$/);
  write("ra_0.init");
  name(1, 2);
  write("manifest.mpd", "<MPD/>");
  await eventually("all is there", () => receiver.files.has("/a/b/manifest.mpd"));
  const sent = (...files: readonly string[]) => files.map((file) => `PUT /a/b/${file}?x=1`);
  // Media goes at the same time, before what names it.
  expect(receiver.log.slice(0, 3).toSorted()).toEqual(sent("ra_0.init", "ra_0_1.m4s", "ra_0_2.m4s"));
  expect(receiver.log.slice(3)).toEqual(sent("media_0.m3u8", "manifest.mpd"));
  expect(sender.state()).toMatchObject({ isConnected: true, problem: null, bytes: receiver.bytes() });

  name(2, 3);
  remove("ra_0_1.m4s");
  await eventually("the old one is gone", () => receiver.log.at(-1) === "DELETE /a/b/ra_0_1.m4s?x=1");
  expect([...receiver.files.keys()].toSorted()).toEqual(
    ["manifest.mpd", "media_0.m3u8", "ra_0.init", "ra_0_2.m4s", "ra_0_3.m4s"].map((file) => `/a/b/${file}`),
  );

  await receiver.kill();
  name(3, 4);
  await eventually("it is away", () => !sender.state().isConnected && sender.state().problem?.includes("cannot be reached"));
  await receiver.start();
  await eventually("it has all again", () => receiver.files.has("/a/b/manifest.mpd"), 3_000);
  expect([...receiver.files.keys()].toSorted()).toEqual(
    ["manifest.mpd", "media_0.m3u8", "ra_0.init", "ra_0_3.m4s", "ra_0_4.m4s"].map((file) => `/a/b/${file}`),
  );

  // That an encoder is replaced is nobody's business; that the session is over is.
  write("manifest.mpd", '<MPD type="static"/>');
  name(4, 5);
  await eventually("the rest is there", () => receiver.files.has("/a/b/ra_0_5.m4s"));
  expect(receiver.files.get("/a/b/manifest.mpd")?.body.toString()).toBe("<MPD/>");
  await sender.close();
  expect(receiver.files.get("/a/b/manifest.mpd")?.body.toString()).toBe('<MPD type="static"/>');
  await receiver.close();
});

it("says what is wrong with a receiver, and follows nobody elsewhere", async () => {
  const receiver = await openCmafReceiver(AUTHORIZATION);
  await receiver.start();
  const { sender, write, name } = openSender(`${receiver.url.replace("//", "//me:wrong@")}/in`);
  write("ra_0.init");
  name(1);
  const says = (text: string): Promise<unknown> => eventually(text, () => sender.state().problem?.includes(text));
  await says("HTTP status 401");
  receiver.refuseWith(307);
  await says("redirects (HTTP status 307)");
  receiver.refuseWith(503);
  await says("HTTP status 503");
  expect(sender.state()).toMatchObject({ isConnected: false, bytes: 0, isAddressRefused: false });
  expect(receiver.log.some((line) => line.includes("elsewhere"))).toBe(false);
  await sender.close();
  await receiver.close();
});

it.each(["127.0.0.1", "name.test"])("connects to nothing when the address of %s is refused, and asks again each time", async (host) => {
  const receiver = await openCmafReceiver(AUTHORIZATION);
  await receiver.start();
  let asked = 0;
  const { sender, write, name } = openSender(receiver.url.replace("127.0.0.1", host), () => {
    asked += 1;
    return { kind: "REFUSED", problem: invalid("That address is not allowed.") };
  });
  write("ra_0.init");
  name(1);
  await eventually("it was asked again", () => asked > 2);
  expect(sender.state()).toEqual({ isConnected: false, bytes: 0, problem: "That address is not allowed.", isAddressRefused: true });
  expect(receiver.log).toEqual([]);
  await sender.close();
  await receiver.close();
});

/** A receiver that answers as it likes. */
async function listen(answer: RequestListener): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`, close };
}

it("goes on sending to a receiver that never answers to a removal, and asks it once", async () => {
  const came = new Set<string>();
  let removals = 0;
  const receiver = await listen((request, response) => {
    request.resume();
    if (request.method === "DELETE") removals += 1;
    else request.on("end", () => response.writeHead(201).end(() => came.add(request.url ?? "")));
  });
  const { sender, write, name, remove } = openSender(receiver.url);
  write("ra_0.init");
  name(1, 2);
  const startedAt = performance.now();
  for (let newest = 3; newest <= 12; newest += 1) {
    await eventually("the one before is there", () => came.has(`/in/ra_0_${newest - 1}.m4s`), 1_000);
    remove(`ra_0_${newest - 2}.m4s`);
    name(newest - 1, newest);
  }
  await eventually("the last one is there", () => came.has("/in/ra_0_12.m4s"), 1_000);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  expect(removals).toBeLessThanOrEqual(1);
  // Past the time that the first removal has: those that waited behind it are not asked for.
  await eventually("the receiver was asked long enough", () => performance.now() - startedAt > 2_500);
  name(12, 13);
  remove("ra_0_11.m4s");
  await eventually("it still sends", () => came.has("/in/ra_0_13.m4s"), 1_000);
  await sender.close();
  expect(removals).toBe(1);
  receiver.close();
});

it("gives a receiver up that takes its time byte by byte", async () => {
  const receiver = await listen((request, response) => {
    request.resume();
    response.writeHead(200);
    const drip = setInterval(() => response.write("."), 50);
    response.on("close", () => clearInterval(drip));
  });
  const resolve = (): Promise<Resolution> => Promise.resolve({ kind: "ALLOWED", addresses: ["127.0.0.1"] });
  const client = new UploadClient({ baseUrl: receiver.url, resolve, uploadMilliseconds: 400 });
  const startedAt = performance.now();
  expect(await client.put({ name: "media_0.m3u8", body: { text: "#EXTM3U" } })).toEqual({ kind: "BROKEN", code: "ETIMEDOUT" });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  client.close();
  receiver.close();
});
