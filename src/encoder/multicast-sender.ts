import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { parseUrl } from "../network/url.parser.ts";
import { multicastUrl } from "./ffmpeg.outputs.ts";
import type { OutputSender } from "./output-sender.ts";

export interface MulticastSenderOptions {
  readonly url: string;
  /** The address whose interface is sent through; null leaves it to the system. */
  readonly multicastInterface: string | null;
}

const LOOK_MILLISECONDS = 1_000;

/**
 * The way to a multicast group. The encoder sends there itself, and nobody answers: what can be known is whether this machine has a
 * way to send, which is looked at every second without sending anything. It counts no bytes.
 */
export function openMulticastSender({ url, multicastInterface }: MulticastSenderOptions): OutputSender {
  const localUrl = multicastUrl(url, multicastInterface);
  const reading = parseUrl(url);
  const host = "url" in reading && reading.url.host.kind === "ADDRESS" ? reading.url.host.address : null;
  const port = "url" in reading ? reading.url.port : null;
  let state = { isConnected: false, bytes: 0, problem: null as string | null, isAddressRefused: false };
  const look = async (): Promise<void> => {
    const problem = host === null || port === null ? "The URL names no group." : await findObstacle(host, port, multicastInterface);
    state = { ...state, isConnected: problem === null, problem };
  };
  void look();
  const timer = setInterval(() => void look(), LOOK_MILLISECONDS);
  return {
    localUrl,
    state: () => state,
    close: () => {
      clearInterval(timer);
      return Promise.resolve();
    },
  };
}

/** Connecting a datagram socket sends nothing, but takes a route and an interface that is up. */
function findObstacle(host: string, port: number, multicastInterface: string | null): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    const end = (error: Error | null): void => {
      resolve(error === null ? null : `This machine cannot send to the group: ${reasonOf(error)}.`);
      socket.close();
    };
    socket.on("error", end);
    socket.bind(0, () => {
      try {
        if (multicastInterface !== null && !isIPv6(host)) socket.setMulticastInterface(multicastInterface);
        socket.connect(port, host, (error?: Error) => end(error ?? null));
      } catch (error) {
        end(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENETUNREACH: "it has no route there",
  EHOSTUNREACH: "it has no route there",
  EADDRNOTAVAIL: "it has no interface with the address that is configured for multicast",
  ENETDOWN: "its interface is down",
};

function reasonOf(error: Error): string {
  const code = "code" in error ? String(error.code) : error.message;
  return REASONS[code] ?? code;
}
