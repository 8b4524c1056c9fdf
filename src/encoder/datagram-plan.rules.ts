import { isIPv6, SocketAddress } from "node:net";
import type { ParsedUrl } from "../network/url.parser.ts";

/** A socket of ours that datagrams are received by. */
export interface DatagramPlan {
  /** The group, or the address of this machine, to listen on; null for all addresses of this machine. */
  readonly address: string | null;
  readonly port: number;
  /** The address is a group, which is joined. */
  readonly isGroup: boolean;
  /** The address whose interface a group is joined on; null leaves it to the system. */
  readonly multicastInterface: string | null;
  /** Whose datagrams are taken, as the system writes their addresses; null for anybody's. A group is joined for them alone. */
  readonly senders: readonly string[] | null;
  /** Others may listen on the same address and port, and get the same. */
  readonly isShared: boolean;
  /** What the system is asked to keep for us; it may allow less. */
  readonly socketBytes: number;
  /** So much is kept while nobody takes it. */
  readonly queueBytes: number;
  /** What does not fit there ends the input; else it is given up, and counted. */
  readonly endsWhenFull: boolean;
}

/** What is sent to this machine alone. */
export interface OwnAddressPlan {
  /** The address of this machine that the URL names; null where it names who sends. */
  readonly address: string | null;
  readonly senders: readonly string[] | null;
}

/** Where the system allows as much, some seconds of any stream. */
const SOCKET_BYTES = 4_194_304;
/** ffmpeg counts what it keeps in packets of a transport stream, and so do URLs. */
const FIFO_UNIT_BYTES = 188;
/** 9 MB, some seconds of any stream. */
const QUEUE_BYTES = 50_000 * FIFO_UNIT_BYTES;
/** Datagrams are handed over many at a time: what comes meanwhile has to fit, whatever a URL says. */
const QUEUE_BYTES_LEAST = 1_000_000;

/**
 * A group of a URL whose host is one. Of the options that may stand there `pkt_size` says nothing to us: whatever size its sender has
 * in mind, no datagram is cut. Pure.
 */
export function planGroup(url: ParsedUrl, group: string, multicastInterface: string | null): DatagramPlan {
  return {
    ...planAny(url),
    ...{ address: group, isGroup: true, multicastInterface, senders: sourcesOf(url), isShared: optionOf(url, "reuse") !== "0" },
  };
}

/** Datagrams that are sent to this machine. The port is ours alone: another session on it would take the datagrams away. Pure. */
export function planOwnAddress(url: ParsedUrl, { address, senders }: OwnAddressPlan): DatagramPlan {
  const sources = sourcesOf(url);
  const both = senders && sources ? senders.filter((sender) => sources.includes(sender)) : (senders ?? sources);
  return { ...planAny(url), address, isGroup: false, multicastInterface: null, senders: both, isShared: false };
}

function planAny(url: ParsedUrl): Pick<DatagramPlan, "port" | "socketBytes" | "queueBytes" | "endsWhenFull"> {
  const [socketBytes, fifo] = [optionOf(url, "buffer_size"), optionOf(url, "fifo_size")];
  return {
    port: url.port ?? 0,
    socketBytes: socketBytes === null ? SOCKET_BYTES : Number(socketBytes),
    queueBytes: fifo === null ? QUEUE_BYTES : Math.max(QUEUE_BYTES_LEAST, Number(fifo) * FIFO_UNIT_BYTES),
    endsWhenFull: optionOf(url, "overrun_nonfatal") === "0",
  };
}

function sourcesOf(url: ParsedUrl): readonly string[] | null {
  const sources = optionOf(url, "sources")?.split(",") ?? null;
  return sources && sources.map((address) => (isIPv6(address) ? new SocketAddress({ family: "ipv6", address }).address : address));
}

function optionOf({ query }: ParsedUrl, name: string): string | null {
  return query.find((parameter) => parameter.name === name)?.value ?? null;
}
