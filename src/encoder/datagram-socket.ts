import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { codeOf } from "../network/connect.ts";
import type { DatagramPlan } from "./datagram-plan.rules.ts";

export interface DatagramSocket {
  /** Calls back once the socket is closed. To be called once. */
  readonly close: (onClosed: () => void) => void;
}

interface Handlers {
  readonly onDatagram: (datagram: Uint8Array) => void;
  /** It is of no more use, and is to be closed; the reason is a sentence. */
  readonly onProblem: (reason: string) => void;
}

/** Listens as planned; what keeps it from that is told, and never thrown. */
export function openDatagramSocket(plan: DatagramPlan, { onDatagram, onProblem }: Handlers): DatagramSocket {
  const { address, port, senders, isShared } = plan;
  const isSix = [address, ...(senders ?? [])].some((each) => each !== null && isIPv6(each));
  const socket = createSocket({ type: (address === null ? isSix : isIPv6(address)) ? "udp6" : "udp4", reuseAddr: isShared });
  socket.on("error", (error) => onProblem(`The port ${port} cannot be listened on${codeOf(error)}.`));
  // The system lets some pass that were not joined for: what another socket here has joined, and what comes in by another interface.
  socket.on("message", (datagram: Buffer, from: RemoteInfo) => {
    if (senders === null || senders.includes(plain(from.address))) onDatagram(datagram);
  });
  // Bound to its group: bound to all addresses, it would get what is sent to other groups on the port too.
  socket.bind({ port, exclusive: true, ...(address === null ? {} : { address }) }, () => {
    try {
      socket.setRecvBufferSize(plan.socketBytes);
    } catch {
      // The default has to do.
    }
    const problem = plan.isGroup ? join(socket, plan) : null;
    if (problem !== null) onProblem(problem);
  });
  return { close: (onClosed) => void socket.close(onClosed) };
}

/** What keeps it from joining its group, as a sentence; null once it has. */
function join(socket: Socket, { address, multicastInterface, senders }: DatagramPlan): string | null {
  const group = address ?? "";
  const by = multicastInterface === null || !isIPv6(group) ? (multicastInterface ?? undefined) : scopeOf(multicastInterface);
  if (by === null) return describeMissing(multicastInterface);
  try {
    if (senders === null) socket.addMembership(group, by);
    for (const sender of senders ?? []) socket.addSourceSpecificMembership(sender, group, by);
    return null;
  } catch (error) {
    // What is told of a number that is no interface of this machine, and of a group that no route leads to.
    const isMissing = /\((ENODEV|EADDRNOTAVAIL)\)/.test(codeOf(error));
    return isMissing ? describeMissing(multicastInterface) : `The group ${group} cannot be joined${codeOf(error)}.`;
  }
}

function describeMissing(multicastInterface: string | null): string {
  return multicastInterface === null
    ? "No network interface of this machine leads to the group: HEADEND_MULTICAST_INTERFACE names the address of the one to receive it on."
    : `No network interface of this machine that multicast can be received on has the address ${multicastInterface} (HEADEND_MULTICAST_INTERFACE).`;
}

/** Groups of IPv6 are joined by the name of an interface, and not by an address of it; null when none has this one. */
function scopeOf(interfaceAddress: string): string | null {
  const found = Object.entries(networkInterfaces()).find(([, own]) => own?.some(({ address }) => address === interfaceAddress));
  return found ? `::%${found[0]}` : null;
}

/** An IPv4 sender on a socket of both kinds. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
}
