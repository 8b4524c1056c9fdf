import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { postAllowed } from "../../src/network/post-allowed.ts";

/** A server on loopback that writes down who was asked for. */
async function startServer(): Promise<{ readonly port: number; readonly hosts: (string | undefined)[] }> {
  const hosts: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    hosts.push(headers.host);
    response.writeHead(204).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, hosts };
}

const rest = { headers: {}, body: "{}", milliseconds: 10_000, signal: null };

it("connects to the very address that was checked, whatever the name's server says a moment later", async () => {
  const { port, hosts } = await startServer();
  const asked: string[] = [];
  const answer = await postAllowed({
    ...rest,
    // No server of names knows it: an address of it that was not given here cannot be found.
    url: `http://partner.invalid:${port}/`,
    resolve: async (host) => {
      asked.push(host);
      return { kind: "ALLOWED", addresses: ["127.0.0.1"] };
    },
  });
  expect(answer).toEqual({ kind: "ANSWERED", status: 204 });
  expect(asked).toEqual(["partner.invalid"]);
  expect(hosts).toEqual([`partner.invalid:${port}`]);
});

it("opens no connection to a name that has an address now that may not be reached", async () => {
  const { port, hosts } = await startServer();
  const problem = { code: "URL_NOT_ALLOWED", message: "The address is a loopback address." } as const;
  const url = `http://localhost:${port}/`;
  expect(await postAllowed({ ...rest, url, resolve: async () => ({ kind: "REFUSED", problem }) })).toEqual({
    kind: "UNANSWERED",
    problem: problem.message,
  });
  expect(hosts).toEqual([]);
});
