import { createSocket, type RemoteInfo } from "node:dgram";
import { isIPv6 } from "node:net";
import { codeOf } from "../network/connect.ts";
import type { SocketPlan } from "./ingest.arguments.ts";

export interface RtpSocket {
  readonly pid: null;
  /** Resolves with the reason, a sentence, once it is closed. */
  readonly ended: Promise<string>;
  readonly kill: () => void;
}

/** Best effort: the system may allow less. */
const BUFFER_BYTES = 4_194_304;

/**
 * Takes datagrams that are sent to this machine, from those senders alone that it is told. The port is ours alone while it is open:
 * another session on it would take the packets away.
 */
export function openRtpSocket({ bindAddress, port, senders }: SocketPlan, onBytes: (chunk: Buffer) => void): RtpSocket {
  const isSix = [bindAddress, ...(senders ?? [])].some((address) => address !== null && isIPv6(address));
  const socket = createSocket({ type: isSix ? "udp6" : "udp4" });
  let reason = "The input was closed.";
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    socket.close();
  };
  const ended = new Promise<string>((resolve) => socket.once("close", () => resolve(reason)));
  socket.on("error", (error) => {
    reason = `The port ${port} cannot be listened on${codeOf(error)}.`;
    close();
  });
  socket.on("message", (datagram: Buffer, { address }: RemoteInfo) => {
    if (senders === null || senders.includes(plain(address))) onBytes(datagram);
  });
  socket.bind({ port, exclusive: true, ...(bindAddress === null ? {} : { address: bindAddress }) }, () => {
    try {
      socket.setRecvBufferSize(BUFFER_BYTES);
    } catch {
      // The default has to do.
    }
  });
  return { pid: null, ended, kill: close };
}

/** An IPv4 sender on a socket of both kinds. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
}
