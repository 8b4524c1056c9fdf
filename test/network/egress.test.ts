import { createServer, request, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { AddressRefused, connectAllowed, NotReached, type NetworkAccess } from "../../src/network/connect.ts";
import { CookieJar } from "../../src/network/cookie-jar.ts";
import { openEgressProxy } from "../../src/network/egress-proxy.ts";
import { fetchAllowed } from "../../src/network/fetch-allowed.ts";
import { pinAddress } from "../../src/network/pin-address.ts";
import { openRelay } from "../../src/network/relay.ts";
import { resolveAllowed } from "../../src/network/resolve.ts";
import { refuseRtspRedirects } from "../../src/network/rtsp-redirects.ts";
import { eventually } from "../support/media.ts";

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A web server on loopback that counts who comes. */
async function web(answer: (url: string) => { status?: number; headers?: Record<string, string | string[]>; body?: string }) {
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

describe.concurrent("connecting to what says nothing", () => {
  const silent = { resolve: () => Promise.resolve({ kind: "ALLOWED" as const, addresses: ["127.0.0.1", "127.0.0.2", "127.0.0.3"] }) };
  const listening = async () => {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => void sockets.push(socket.on("error", () => undefined).resume()));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    return { port: (server.address() as AddressInfo).port, sockets };
  };

  it("is given up at once when nobody wants it any more, and leaves nothing open", async () => {
    const { port, sockets } = await listening();
    const leaving = new AbortController();
    const startedAt = performance.now();
    const connecting = connectAllowed({ host: "any", port, isTls: true, signal: leaving.signal }, silent).catch((error: unknown) => error);
    await eventually("the connection", () => sockets.length === 1);
    leaving.abort();
    expect(await connecting).toBeInstanceOf(NotReached);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    await eventually("its end", () => sockets.every((socket) => socket.destroyed));
    expect(sockets).toHaveLength(1);
  });

  it("ends within one deadline for all addresses, of which a few are tried", async () => {
    const { port, sockets } = await listening();
    const many = Array.from({ length: 12 }, (_, index) => `127.0.0.${index + 1}`);
    const startedAt = performance.now();
    const access: NetworkAccess = { resolve: () => Promise.resolve({ kind: "ALLOWED", addresses: many }) };
    await expect(connectAllowed({ host: "any", port, isTls: true }, access)).rejects.toThrow(NotReached);
    expect(performance.now() - startedAt).toBeLessThan(6_500);
    expect(sockets).toHaveLength(4);
  });

  it("is not even waited for where a name server says nothing", async () => {
    const leaving = new AbortController();
    const access: NetworkAccess = { resolve: () => new Promise(() => undefined) };
    const connecting = connectAllowed({ host: "any", port: 1, isTls: false, signal: leaving.signal }, access);
    leaving.abort();
    await expect(connecting).rejects.toThrow(NotReached);
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
      const { port } = await web(() => ({
        status: 302,
        headers: { location: target.replace("PORT", String(canary.port)) },
      }));
      await expect(fetchAllowed(`http://allowed.example:${port}/`, fetching)).rejects.toThrow(AddressRefused);
      expect(canary.seen).toEqual([]);
    },
  );

  it("tells a server what it set, and no other one", async () => {
    const set = ["a=1; Path=/; HttpOnly", 'b="x y"', "c=2; Domain=example", "d=3; Max-Age=0", "e=4; Max-Age=30", "\u00e9=5", "f=\u00e9"];
    const other = await web(() => ({ body: "" }));
    const { port, seen } = await web((url) => {
      if (url === "/out") return { status: 302, headers: { location: `http://other.example:${other.port}/` } };
      return url === "/" ? { headers: { "set-cookie": set } } : {};
    });
    const both: NetworkAccess = { resolve: () => Promise.resolve({ kind: "ALLOWED", addresses: ["127.0.0.1"] }), cookies: new CookieJar() };
    for (const path of ["", "next", "out"]) await fetchAllowed(`http://allowed.example:${port}/${path}`, { ...fetching, access: both });
    expect(seen.map(({ headers }) => headers.cookie)).toEqual([undefined, "a=1; c=2; e=4", "a=1; c=2; e=4"]);
    expect(other.seen.map(({ headers }) => headers.cookie)).toEqual([undefined]);
  });

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

interface Got {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Sends one request by a proxy. */
function through(proxyUrl: string, target: string, headers: Readonly<Record<string, string>> = {}) {
  const { port } = new URL(proxyUrl);
  return new Promise<Got>((resolve, reject) => {
    const outgoing = request({ port, host: "127.0.0.1", path: target, headers, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(pieces).toString() }));
      answer.on("error", reject);
    });
    outgoing.on("error", reject).end();
  });
}

const proxies: { readonly close: () => void }[] = [];
afterAll(() => proxies.forEach((proxy) => proxy.close()));

/** A proxy whose own paths lead to these addresses. */
async function proxyTo(urls: Readonly<Record<string, string>>, access = named) {
  const refused: string[] = [];
  const answer = async (path: string) =>
    path === "/own" ? { playlist: "#EXTM3U" } : urls[path] === undefined ? null : { url: urls[path] };
  const proxy = await openEgressProxy({ access, answer, onRefused: (reason) => refused.push(reason) });
  proxies.push(proxy);
  return { ...proxy, refused, get: (path: string, own = {}) => through(proxy.url, `http://${proxy.host}${path}`, own) };
}

/** Says these bytes to whoever comes, and then nothing more. */
const saying = (text: string): Promise<number> =>
  listen(
    createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end(text));
    }),
  );

describe("the egress proxy", () => {
  it("serves who knows its host, with what stands at its paths", async () => {
    const { port, seen } = await web(() => ({
      status: 206,
      headers: { "content-range": "bytes 0-3/9", "set-cookie": "a=b" },
      body: "fine",
    }));
    const moved = await web(() => ({ status: 302, headers: { location: `http://allowed.example:${port}/y` } }));
    const proxy = await proxyTo({ "/a": `http://allowed.example:${port}/x?y`, "/b": `http://allowed.example:${moved.port}/` });
    expect(await proxy.get("/a", { range: "bytes=0-3" })).toMatchObject({
      status: 206,
      body: "fine",
      headers: { "content-range": "bytes 0-3/9" },
    });
    expect(seen[0]).toMatchObject({ url: "/x?y", headers: { host: `allowed.example:${port}`, range: "bytes=0-3" } });
    const followed = await proxy.get("/b");
    expect(followed).toMatchObject({ status: 206, body: "fine" });
    expect(followed.headers).not.toHaveProperty("set-cookie");
    expect(await proxy.get("/own")).toMatchObject({ status: 200, body: "#EXTM3U" });
    expect((await proxy.get("/none")).status).toBe(404);
    expect(proxy.refused).toEqual([]);
    proxy.close();
    await expect(proxy.get("/own")).rejects.toThrow();
  });

  it.each(["http://allowed.example:PORT/", "http://127.0.0.1:PORT/", "http://HOST:81/own", "https://HOST/own", "/own"])(
    "serves nothing of %s, be it what may be reached",
    async (target) => {
      const canary = await web(() => ({ body: "secret" }));
      const proxy = await proxyTo({});
      expect((await through(proxy.url, target.replace("PORT", String(canary.port)).replace("HOST", proxy.host))).status).toBe(403);
      expect(canary.seen).toEqual([]);
    },
  );

  it("tunnels to nowhere", async () => {
    const canary = await web(() => ({ body: "secret" }));
    const proxy = await proxyTo({});
    const { port } = new URL(proxy.url);
    const said = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), "127.0.0.1", () =>
        socket.write(`CONNECT allowed.example:${canary.port} HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`),
      );
      socket.on("error", () => undefined).once("close", () => resolve(""));
      socket.once("data", (data) => resolve(data.toString()));
    });
    expect(said).not.toContain("200");
    expect(canary.seen).toEqual([]);
  });

  it("refuses what may not be reached, and tells", async () => {
    const canary = await web(() => ({ body: "secret" }));
    const proxy = await proxyTo({
      "/a": `http://127.0.0.1:${canary.port}/`,
      "/b": `http://0x7f.1:${canary.port}/`,
      "/c": `https://[::ffff:127.0.0.1]:${canary.port}/`,
      "/gone": "http://allowed.example:1/",
      "/unknown": "http://no-such-host.invalid/",
      "/other": "httpproxy://127.0.0.1/x:80",
    });
    for (const path of ["/a", "/b", "/c"]) expect((await proxy.get(path)).status).toBe(403);
    for (const path of ["/gone", "/unknown", "/other"]) expect((await proxy.get(path)).status).toBe(502);
    expect(proxy.refused).toHaveLength(3);
    expect(canary.seen).toEqual([]);
  });

  it.each([
    ["a status that is none", "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n", 502],
    ["a status that nobody knows", "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", 502],
    ["nothing but a change of protocol", "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", 502],
    ["a redirect to nowhere", "HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n", 502],
    ["a header that cannot be handed on", "HTTP/1.1 200 OK\r\nContent-Range: a\u0001b\r\nContent-Length: 0\r\n\r\n", 502],
    ["what is no HTTP", "hello\r\n\r\n", 502],
    ["what is not there", "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 410],
  ])("survives a server that answers with %s", async (_, text, status) => {
    const proxy = await proxyTo({ "/a": `http://allowed.example:${await saying(text)}/` });
    expect((await proxy.get("/a")).status).toBe(status);
    expect((await proxy.get("/own")).status).toBe(200);
  });

  it("breaks off where the server does", async () => {
    const port = await saying("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin");
    const proxy = await proxyTo({ "/a": `http://allowed.example:${port}/` });
    await expect(proxy.get("/a")).rejects.toThrow();
    expect((await proxy.get("/own")).status).toBe(200);
  });

  it.each([
    ["it is closed", "CLOSE"],
    ["who asked has gone", "LEAVE"],
  ])("leaves nothing open that was only on its way when %s", async (_, how) => {
    const open = new Set<number | undefined>();
    const port = await listen(
      createTcpServer((socket) => {
        const { remotePort } = socket;
        open.add(remotePort);
        socket.on("error", () => undefined).once("close", () => open.delete(remotePort));
      }),
    );
    let answerLookup = (): void => undefined;
    const lookup = new Promise<void>((resolve) => (answerLookup = resolve));
    const slow: NetworkAccess = { resolve: () => lookup.then(() => ({ kind: "ALLOWED", addresses: ["127.0.0.1"] })) };
    const proxy = await proxyTo({ "/a": `http://slow.example:${port}/` }, slow);
    const { port: proxyPort } = new URL(proxy.url);
    const client = connect(Number(proxyPort), "127.0.0.1");
    client.on("error", () => undefined);
    client.write(`GET http://${proxy.host}/a HTTP/1.1\r\nHost: a\r\n\r\n`);
    // An answer says that the request in front of it has been read.
    await proxy.get("/own");
    if (how === "CLOSE") proxy.close();
    else client.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    if (how === "LEAVE") await proxy.get("/own");
    answerLookup();
    await new Promise((resolve) => setImmediate(resolve));
    // Whatever was opened before this connection has come by then.
    const last = connect(port, "127.0.0.1");
    await eventually("that one alone", () => open.size === 1 && open.has(last.localPort), 2_000);
    last.destroy();
  });

  it("asks anew for every connection, so that a name that turns leads nowhere", async () => {
    const canary = await web(() => ({ body: "secret" }));
    let lookups = 0;
    const turning: NetworkAccess = {
      resolve: async () =>
        (lookups += 1) === 1 ? { kind: "ALLOWED", addresses: ["127.0.0.1"] } : resolveAllowed("127.0.0.1", { allowedNetworks: [] }),
    };
    const proxy = await proxyTo({ "/a": `http://turning.example:${canary.port}/` }, turning);
    expect((await proxy.get("/a")).status).toBe(200);
    expect((await proxy.get("/a")).status).toBe(403);
    expect(canary.seen.length).toBe(1);
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
