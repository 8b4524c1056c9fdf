import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { writePart } from "../../src/server/write-part.ts";

const PART = "x".repeat(1_000_000);
/** Far more than what fits into the buffers of a socket. */
const PARTS = 40;

let stop = () => undefined as void;
afterEach(() => stop());

interface Outcome {
  /** How many parts were taken from us. */
  readonly written: number;
  readonly isWhole: boolean;
}

/** What becomes of the server's side while `read` does as it likes with the response. */
async function answer(read: (response: IncomingMessage) => unknown, stallMilliseconds?: number): Promise<Outcome> {
  async function write(response: ServerResponse): Promise<Outcome> {
    let written = 0;
    for (; written < PARTS && !response.destroyed; written += 1) await writePart(response, PART, stallMilliseconds);
    response.end();
    return { written, isWhole: !response.destroyed };
  }
  const outcome = new Promise<Outcome>((resolve, reject) => {
    const server = createServer((_request, response) => void write(response).then(resolve, reject)).listen(0, "127.0.0.1");
    stop = () => {
      server.closeAllConnections();
      server.close();
    };
    server.on("listening", () => {
      const request = get({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
      request.on("error", () => undefined);
      request.on("response", (response) => {
        response.on("error", () => undefined);
        read(response);
      });
    });
  });
  return outcome;
}

it("writes all of it to a reader that reads", async () => {
  expect(await answer((response) => response.resume())).toEqual({ written: PARTS, isWhole: true });
});

it("ends with a reader that leaves", async () => {
  const { written, isWhole } = await answer((response) => response.destroy());
  expect(written).toBeLessThan(PARTS);
  expect(isWhole).toBe(false);
});

it("gives up a reader that takes nothing more, and holds no more than a part for it until then", async () => {
  const { written, isWhole } = await answer((response) => response.pause(), 300);
  expect(written).toBeLessThan(PARTS);
  expect(isWhole).toBe(false);
});
