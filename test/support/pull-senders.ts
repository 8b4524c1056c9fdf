import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { PACKET_BYTES } from "../../src/encoder/transport-stream.ts";
import { eventually, pictureArguments, startSender, type PictureOptions, type Sender } from "./media.ts";

/** Publishes to an RTSP server, its media within the connection. */
export function startRtspPublisher(port: number, picture: PictureOptions = {}): Sender {
  return startSender([...pictureArguments(picture), "-f", "rtsp", "-rtsp_transport", "tcp", `rtsp://127.0.0.1:${port}/live/cam`]);
}

/** Waits for one RTMP player and serves it. */
export function startRtmpSender(port: number, name: string, picture: PictureOptions = {}): Sender {
  return startSender([...pictureArguments(picture), "-f", "flv", "-listen", "1", `rtmp://127.0.0.1:${port}/live/${name}`]);
}

/** Sends MPEG-TS over RTP to one machine or a group on the loopback interface. */
export function startRtpSender(address: string, port: number, picture: PictureOptions = {}): Sender {
  const target = `rtp://${address}:${port}?localaddr=127.0.0.1&ttl=0&pkt_size=1328`;
  return startSender([...pictureArguments(picture), "-f", "rtp_mpegts", target]);
}

/** A transport stream of so many seconds, made at once. */
export async function makeTransportStream(seconds: number, own: readonly string[] = []): Promise<Buffer> {
  const picture = pictureArguments({}).filter((word) => word !== "-re");
  const { stdout } = await promisify(execFile)("ffmpeg", [...picture, "-t", String(seconds), ...own, "-f", "mpegts", "pipe:1"], {
    encoding: "buffer",
    maxBuffer: 50_000_000,
  });
  return stdout;
}

/** The packets of a transport stream, one by one; parts of the same memory. */
export function packetsOf(stream: Buffer): Buffer[] {
  const count = Math.floor(stream.length / PACKET_BYTES);
  return Array.from({ length: count }, (_, index) => stream.subarray(index * PACKET_BYTES, (index + 1) * PACKET_BYTES));
}

/** Resolves once so many sockets listen on a UDP port: what is sent before is nobody's. */
export async function untilJoined(port: number, count = 1): Promise<void> {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  await eventually(`${count} sockets on the port`, () => {
    const lines = readFileSync("/proc/net/udp", "utf8").split("\n");
    return lines.filter((line) => line.trim().split(/\s+/)[1]?.endsWith(ending)).length >= count;
  });
}

export interface PacedOptions {
  readonly address: string;
  readonly port: number;
  readonly packets: readonly Buffer[];
  readonly seconds: number;
}

/** Sends these packets of a transport stream, seven to a datagram, evenly over so many seconds, from this process. */
export async function sendPaced({ address, port, packets, seconds }: PacedOptions): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  socket.setMulticastInterface("127.0.0.1");
  socket.setMulticastTTL(0);
  const datagrams = Array.from({ length: Math.ceil(packets.length / 7) }, (_, index) =>
    Buffer.concat(packets.slice(index * 7, index * 7 + 7)),
  );
  const startedAt = performance.now();
  for (let sent = 0; sent < datagrams.length;) {
    const due = Math.min(datagrams.length, Math.ceil(((performance.now() - startedAt) / 1_000 / seconds) * datagrams.length));
    for (; sent < due; sent += 1) socket.send(datagrams[sent] ?? Buffer.alloc(0), port, address);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}
