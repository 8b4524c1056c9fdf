import { createServer, request, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { AddressRefused, connectAllowed, NotReached, type NetworkAccess } from "../../src/network/connect.ts";
import { openEgressProxy } from "../../src/network/egress-proxy.ts";
import { fetchAllowed } from "../../src/network/fetch-allowed.ts";
import { pinAddress } from "../../src/network/pin-address.ts";
import { openRelay } from "../../src/network/relay.ts";
import { resolveAllowed } from "../../src/network/resolve.ts";
import { refuseRtspRedirects } from "../../src/network/rtsp-redirects.ts";

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A web server on loopback that counts who comes. */
async function web(answer: (url: string) => { status?: number; headers?: Record<string, string>; body?: string }) {
  const seen: IncomingMessage[] = [];
  const port = await listen(
    createServer((incoming, response) => {
      seen.push(incoming);
      const { status = 200, headers = {}, body = "" } = answer(incoming.url ?? "");
      response.writeHead(status, headers).end(body);
    }),
  );
  return { port, seen };
}

/** 127.0.0.1 by its name alone: the address written out is refused, as are all others. */
const named: NetworkAccess = {
  resolve: async (host) =>
    host === "allowed.example" ? { kind: "ALLOWED", addresses: ["127.0.0.1"] } : resolveAllowed(host, { allowedNetworks: [] }),
};
const fetching = { access: named, signal: new AbortController().signal, limitBytes: 1_000 };

describe("connecting", () => {
  it("goes to checked addresses, one after the other", async () => {
    const { port } = await web(() => ({}));
    const access: NetworkAccess = { resolve: () => Promise.resolve({ kind: "ALLOWED", addresses: ["127.0.0.2", "127.0.0.1"] }) };
    const socket = await connectAllowed({ host: "any", port, isTls: false }, access);
    expect(socket.remoteAddress).toBe("127.0.0.1");
    socket.destroy();
  });

  it("is refused, or fails, with a sentence", async () => {
    await expect(connectAllowed({ host: "127.0.0.1", port: 1, isTls: false }, named)).rejects.toThrow(AddressRefused);
    await expect(connectAllowed({ host: "no-such-host.invalid", port: 1, isTls: false }, named)).rejects.toThrow("has no address now");
    await expect(connectAllowed({ host: "allowed.example", port: 1, isTls: false }, named)).rejects.toThrow("(ECONNREFUSED)");
    const { port } = await web(() => ({}));
    await expect(connectAllowed({ host: "allowed.example", port, isTls: true }, named)).rejects.toThrow(NotReached);
  });
});

describe("pinning", () => {
  const resolve: NetworkAccess["resolve"] = (host) =>
    Promise.resolve({ kind: "ALLOWED", addresses: [host.startsWith("six") ? "2001:db8::7" : "192.0.2.7"] });
  it.each([
    ["srt://host.example:9000?streamid=a@b.example:1", "srt://192.0.2.7:9000?streamid=a@b.example:1"],
    ["rtsp://user:host.example@host.example/path", "rtsp://user:host.example@192.0.2.7/path"],
    ["srt://six.example:9000", "srt://[2001:db8::7]:9000"],
    ["srt://[2001:db8::1]:9000?mode=caller", "srt://192.0.2.7:9000?mode=caller"],
  ])("makes of %s %s", async (url, pinned) => {
    expect(await pinAddress(url, resolve)).toBe(pinned);
  });
});

describe("fetching", () => {
  it("follows redirects to what may be reached, and says where it ended", async () => {
    const { port } = await web((url) => (url === "/a" ? { status: 302, headers: { location: "/b?c" } } : { body: "found" }));
    const found = await fetchAllowed(`http://user:pa%20ss@allowed.example:${port}/a`, fetching);
    expect(found).toEqual({ url: `http://user:pa%20ss@allowed.example:${port}/b?c`, text: "found" });
  });

  it.each(["http://127.0.0.1:PORT/", "http://169.254.169.254/latest/meta-data", "http://2130706433:PORT/", "http://[::1]:PORT/"])(
    "does not follow a redirect to %s",
    async (target) => {
      const canary = await web(() => ({ body: "secret" }));
      const { port } = await web(() => ({ status: 302, headers: { location: target.replace("PORT", String(canary.port)) } }));
      await expect(fetchAllowed(`http://allowed.example:${port}/`, fetching)).rejects.toThrow(AddressRefused);
      expect(canary.seen).toEqual([]);
    },
  );

  it("takes no other scheme, no endless redirects, no endless answers, no wrong status", async () => {
    const { port } = await web((url) => {
      if (url === "/file") return { status: 302, headers: { location: "file:///etc/passwd" } };
      if (url === "/loop") return { status: 302, headers: { location: "/loop" } };
      return url === "/long" ? { body: "x".repeat(2_000) } : { status: 500 };
    });
    for (const [path, reason] of [
      ["file", "another scheme"],
      ["loop", "too often"],
      ["long", "too long"],
      ["none", "status 500"],
    ] as const) {
      await expect(fetchAllowed(`http://allowed.example:${port}/${path}`, fetching)).rejects.toThrow(reason);
    }
  });
});

/** Sends one request by a proxy and gives the status. */
function through(proxyUrl: string, target: string, hasCredential = true): Promise<number> {
  const { port, username, password } = new URL(proxyUrl);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return new Promise((resolve, reject) => {
    const headers = hasCredential ? { "proxy-authorization": authorization } : {};
    const outgoing = request({ port, host: "127.0.0.1", path: target, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.on("error", reject).end();
  });
}

function connectThrough(proxyUrl: string, authority: string, hasCredential = true): Promise<string> {
  const { port, username, password } = new URL(proxyUrl);
  const authorization = `Proxy-Authorization: Basic ${Buffer.from(`${username}:${password}`).toString("base64")}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1", () =>
      socket.write(`CONNECT ${authority} HTTP/1.1\r\n${hasCredential ? authorization : ""}\r\n`),
    );
    socket.once("data", (answer) => {
      resolve(answer.toString("latin1").split(" ")[1] ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

describe("the egress proxy", () => {
  it("serves who knows its credential, with what may be reached", async () => {
    const { port, seen } = await web(() => ({ body: "fine" }));
    const refused: string[] = [];
    const proxy = await openEgressProxy({ access: named, onRefused: (reason) => refused.push(reason) });
    expect(await through(proxy.url, `http://allowed.example:${port}/x?y`)).toBe(200);
    expect(seen[0]).toMatchObject({ url: "/x?y", headers: { host: `allowed.example:${port}` } });
    expect(seen[0]?.headers["proxy-authorization"]).toBeUndefined();
    expect(await connectThrough(proxy.url, `allowed.example:${port}`)).toBe("200");
    expect(await through(proxy.url, `http://allowed.example:${port}/`, false)).toBe(407);
    expect(await connectThrough(proxy.url, `allowed.example:${port}`, false)).toBe("407");
    expect(refused).toEqual([]);
    proxy.close();
    await expect(through(proxy.url, `http://allowed.example:${port}/`)).rejects.toThrow();
  });

  it("refuses everything else, and tells", async () => {
    const canary = await web(() => ({ body: "secret" }));
    const refused: string[] = [];
    const proxy = await openEgressProxy({ access: named, onRefused: (reason) => refused.push(reason) });
    expect(await through(proxy.url, `http://127.0.0.1:${canary.port}/`)).toBe(403);
    expect(await through(proxy.url, `http://0x7f.1:${canary.port}/`)).toBe(403);
    expect(await connectThrough(proxy.url, "169.254.169.254:443")).toBe("403");
    expect(await connectThrough(proxy.url, `[::ffff:127.0.0.1]:${canary.port}`)).toBe("403");
    expect(refused.length).toBe(4);
    expect(await through(proxy.url, "/local")).toBe(400);
    expect(await through(proxy.url, "http://no-such-host.invalid/")).toBe(502);
    expect(await connectThrough(proxy.url, "allowed.example:1")).toBe("502");
    expect(canary.seen).toEqual([]);
    proxy.close();
  });

  it("asks anew for every connection, so that a name that turns leads nowhere", async () => {
    const canary = await web(() => ({ body: "secret" }));
    let lookups = 0;
    const turning: NetworkAccess = {
      resolve: async () =>
        (lookups += 1) === 1 ? { kind: "ALLOWED", addresses: ["127.0.0.1"] } : resolveAllowed("127.0.0.1", { allowedNetworks: [] }),
    };
    const proxy = await openEgressProxy({ access: turning, onRefused: () => undefined });
    expect(await through(proxy.url, `http://turning.example:${canary.port}/`)).toBe(200);
    expect(await through(proxy.url, `http://turning.example:${canary.port}/`)).toBe(403);
    expect(canary.seen.length).toBe(1);
    proxy.close();
  });
});

describe("the relay", () => {
  it("leads to the one server, and says what is wrong with it", async () => {
    const port = await listen(createTcpServer((socket) => socket.pipe(socket)));
    const problems: unknown[] = [];
    const open = (host: string) =>
      openRelay({ target: { host, port, isTls: false }, access: named, onProblem: (problem) => problems.push(problem) });
    const echo = (relayPort: number): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(relayPort, "127.0.0.1", () => socket.write("hello"));
        socket.once("data", (data) => resolve(data.toString()));
        socket.once("close", () => resolve("closed"));
        socket.on("error", () => undefined);
      });
    const relay = await open("allowed.example");
    expect(await echo(relay.port)).toBe("hello");
    relay.close();
    const refused = await open("10.1.2.3");
    expect(await echo(refused.port)).toBe("closed");
    expect(problems).toMatchObject([{ isAddressRefused: true }]);
    refused.close();
  });
});

describe("what an RTSP server says", () => {
  const pass = (text: string, cut: number): Promise<string> =>
    new Promise((resolve) => {
      const pieces: Buffer[] = [];
      const filter = refuseRtspRedirects();
      filter.on("data", (piece: Buffer) => pieces.push(piece));
      filter.on("error", (error) => resolve(`${Buffer.concat(pieces).toString("latin1")}|${error.message}`));
      filter.on("end", () => resolve(Buffer.concat(pieces).toString("latin1")));
      const bytes = Buffer.from(text, "latin1");
      for (let at = 0; at < bytes.length; at += cut) filter.write(bytes.subarray(at, at + cut));
      filter.end();
    });
  const fine = "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nv=0\r\n";
  const frame = "$\x00\x00\x04RTSP";

  it("passes as it is, however it is cut", async () => {
    for (const cut of [1, 7, 1_000]) expect(await pass(fine + frame + fine, cut)).toBe(fine + frame + fine);
  });

  it.each([
    ["an answer", "RTSP/1.0 302 Moved\r\nLocation: rtsp://127.0.0.1/\r\n\r\n", "redirects"],
    ["a request", "REDIRECT rtsp://a/ RTSP/1.0\r\nLocation: rtsp://127.0.0.1/\r\n\r\n", "redirects"],
    [
      "an answer behind line feeds alone",
      "RTSP/1.0 200 OK\nCSeq: 1\n\nRTSP/1.0 302 Moved\nLocation: rtsp://127.0.0.1/\n\n\r\n\r\n",
      "other than RTSP",
    ],
    ["an answer with two lengths", "RTSP/1.0 200 OK\r\nContent-Length: 90\r\nContent-Length: 0\r\n\r\n", "other than RTSP"],
    ["an answer with a length of its own kind", "RTSP/1.0 200 OK\r\nContent-Length: 0x10\r\n\r\n", "other than RTSP"],
    ["an answer with a frame among its headers", "RTSP/1.0 200 OK\r\n$\x00\x00\x01: a\r\n\r\n", "other than RTSP"],
  ])("is broken off at %s that leads elsewhere", async (_, text, reason) => {
    for (const cut of [1, 1_000]) {
      const passed = await pass(fine + frame + text, cut);
      expect(passed.startsWith(`${fine}${frame}|`)).toBe(true);
      expect(passed).toContain(reason);
    }
  });
});
