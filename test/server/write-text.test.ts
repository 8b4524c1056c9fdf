import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createOutlets, textFrame, type Frame } from "../../src/server/outlet.ts";
import { writeText } from "../../src/server/write-text.ts";

/** What a client of the library reads of a socket that is written to past the library. */
describe("texts written to the stream of a WebSocket", () => {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  const outlets = createOutlets();
  let client: WebSocket;
  let socket: WebSocket;
  let stream: Duplex;
  let received: string[] = [];

  beforeAll(async () => {
    const opened = new Promise<void>((resolve) => {
      server.on("upgrade", (request, upgraded, head) =>
        sockets.handleUpgrade(request, upgraded, head, (made) => {
          [socket, stream] = [made, upgraded];
          resolve();
        }),
      );
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    client.on("message", (data: Buffer, isBinary) => received.push(isBinary ? "binary" : data.toString()));
    await Promise.all([opened, once(client, "open")]);
  });

  afterAll(() => {
    client.terminate();
    outlets.close();
    server.close();
  });

  const textOf = ({ start, shared, end }: Frame): string => `${start}${shared.toString()}${end.toString()}`;

  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000, 3_000_000])("come in whole with %d bytes", async (length) => {
    received = [];
    const taken = new Promise<void>((resolve) => {
      if (writeText(stream, textFrame("y".repeat(length)), resolve)) resolve();
    });
    await taken;
    await expect.poll(() => received.map((text) => text.length)).toEqual([length]);
  });

  it("come in as they were put together, between those of the library", async () => {
    const frames = fc.record({
      start: fc.string({ unit: "binary", maxLength: 200 }),
      shared: fc.string({ unit: "binary", maxLength: 500 }).map((text) => Buffer.from(text)),
      end: fc.constantFrom("", "}", "\n\n").map((text) => Buffer.from(text)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(frames, { minLength: 1, maxLength: 20 }), async (written) => {
        received = [];
        for (const frame of written) writeText(stream, frame, () => undefined);
        socket.send("the library's");
        await expect.poll(() => received.length, { interval: 1 }).toBe(written.length + 1);
        expect(received).toEqual([...written.map(textOf), "the library's"]);
      }),
      { numRuns: 50 },
    );
  });

  it("are held back while nothing is read, and come in order once it is", async () => {
    received = [];
    const outlet = outlets.open({
      write: (frame, onTaken) => writeText(stream, frame, onTaken),
      unsent: () => stream.writableLength,
      giveUp: () => socket.terminate(),
    });
    client.pause();
    const shared = Buffer.from("z".repeat(5_000));
    const count = 4_000;
    for (let number = 0; number < count; number += 1) outlet.send({ start: `${number}:`, shared, end: Buffer.from("}") }, false);
    expect(outlet.isDrained()).toBe(false);
    expect(socket.bufferedAmount, "is written in portions").toBeLessThan(count * 2_500);
    client.resume();
    await outlet.drained();
    await outlet.finish();
    await expect.poll(() => received.length).toBe(count);
    expect(received.map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: count }, (_, number) => number));
    expect(new Set(received.map((text) => text.slice(text.indexOf(":"))))).toEqual(new Set([`:${shared.toString()}}`]));
  });
});
