import { connect, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

export interface RtspServer {
  readonly port: number;
  /** Requests that players made, such as `DESCRIBE rtsp://…`. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

export interface RtspServerOptions {
  /** What players have to present. */
  readonly userInfo?: string;
  /** Answered to DESCRIBE instead of a description. */
  readonly redirectTo?: string;
}

/** A small RTSP server over TCP: a publisher announces and records into it, and players get its interleaved frames as they are. */
export async function startRtspServer({ userInfo, redirectTo }: RtspServerOptions = {}): Promise<RtspServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const players = new Set<Socket>();
  let description = "";

  const answer = (socket: Socket, text: string): void => {
    const [first = "", ...headers] = text.split("\r\n");
    const [method = "", url = ""] = first.split(" ");
    const header = (name: string): string =>
      headers
        .find((line) => line.toLowerCase().startsWith(`${name}:`))
        ?.slice(name.length + 1)
        .trim() ?? "";
    const reply = (status: string, own: readonly string[] = [], body = ""): void => {
      const lines = [`RTSP/1.0 ${status}`, `CSeq: ${header("cseq")}`, ...own, ...(body === "" ? [] : [`Content-Length: ${body.length}`])];
      socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
    };
    const isPublisher = method === "ANNOUNCE" || method === "RECORD" || /mode=record/i.test(header("transport"));
    if (!isPublisher && method !== "OPTIONS") requests.push(`${method} ${url}`);
    const expected = userInfo === undefined ? null : `Basic ${Buffer.from(userInfo).toString("base64")}`;
    if (!isPublisher && method !== "OPTIONS" && expected !== null && header("authorization") !== expected) {
      return reply("401 Unauthorized", ['WWW-Authenticate: Basic realm="test"']);
    }
    switch (method) {
      case "OPTIONS":
        return reply("200 OK", ["Public: OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, TEARDOWN"]);
      case "DESCRIBE":
        if (redirectTo !== undefined) return reply("302 Found", [`Location: ${redirectTo}`]);
        if (description === "") return reply("404 Not Found");
        return reply("200 OK", ["Content-Type: application/sdp", `Content-Base: ${url}/`], description);
      case "SETUP":
        return reply("200 OK", [`Transport: ${header("transport")}`, "Session: 1"]);
      case "PLAY":
        reply("200 OK", ["Session: 1"]);
        players.add(socket);
        return;
      default:
        return reply("200 OK", ["Session: 1"]);
    }
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    let rest: Buffer = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      players.delete(socket);
    });
    socket.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        if (rest[0] === 0x24) {
          if (rest.length < 4 || rest.length < 4 + rest.readUInt16BE(2)) return;
          const frame = rest.subarray(0, 4 + rest.readUInt16BE(2));
          rest = rest.subarray(frame.length);
          for (const player of players) if (player !== socket) player.write(frame);
          continue;
        }
        const end = rest.indexOf("\r\n\r\n");
        if (end < 0) return;
        const text = rest.toString("latin1", 0, end);
        const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
        if (rest.length < end + 4 + length) return;
        if (text.startsWith("ANNOUNCE")) description = rest.toString("latin1", end + 4, end + 4 + length);
        rest = rest.subarray(end + 4 + length);
        answer(socket, text);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    requests,
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface TlsOptions {
  readonly certificate: string;
  readonly privateKey: string;
  /** Of the server behind it, on loopback. */
  readonly port: number;
}

/** Puts TLS in front of a server; gives the port, which is closed with the test run. */
export async function startTls({ certificate, privateKey, port }: TlsOptions): Promise<number> {
  const server = createTlsServer({ cert: certificate, key: privateKey }, (socket) => {
    const behind = connect(port, "127.0.0.1");
    socket.on("error", () => behind.destroy());
    behind.on("error", () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
