import {
  extensionOf,
  ExtensionFlag,
  ExtensionType,
  HANDSHAKE_VERSION,
  HandshakeType,
  Rejection,
  rejectionOf,
  streamIdExtension,
  type Handshake,
  type HandshakeExtension,
} from "./srt-handshake.rules.ts";
import type { SrtTarget } from "./srt-target.rules.ts";

/** What a caller keeps from its first handshake to the last packet. */
export interface SrtCaller {
  readonly socketId: number;
  readonly initialSequence: number;
}

/** The version of SRT whose ways we keep to: 1.5.1. */
const SRT_VERSION = 0x0001_0501;
const CapabilityFlag = {
  DELAYS_SENT: 0x01,
  DELAYS_RECEIVED: 0x02,
  CAN_ENCRYPT: 0x04,
  DROPS_LATE_PACKETS: 0x08,
  PERIODIC_LOSS_REPORTS: 0x10,
  MARKS_RETRANSMISSIONS: 0x20,
} as const;
const DATAGRAM_BYTES = 1_500;
const FLOW_WINDOW_PACKETS = 8_192;
const DATAGRAM_SOCKET = 2;

/** States that a receiver answers with in place of the key message. */
const KEY_STATE_WORDS: Readonly<Record<number, string>> = {
  3: "it has no passphrase",
  4: "its passphrase is another one",
};

const REJECTION_WORDS: Readonly<Record<number, string>> = {
  [Rejection.RESOURCE]: "it has no room",
  [Rejection.BACKLOG]: "it is busy with others",
  [Rejection.CLOSE]: "it is closing",
  [Rejection.VERSION]: "it wants another version of SRT",
  [Rejection.BAD_SECRET]: "its passphrase is another one",
  [Rejection.UNSECURE]: "one side has a passphrase and the other has none",
  [Rejection.MESSAGE_API]: "it expects no live stream",
  [Rejection.CONGESTION]: "it expects no live stream",
  [Rejection.UNAUTHORIZED]: "the stream ID is not accepted",
  [Rejection.OVERLOAD]: "it is overloaded",
  [Rejection.FORBIDDEN]: "the stream ID is not accepted",
  [Rejection.NOT_FOUND]: "it does not know the stream ID",
  [Rejection.BAD_MODE]: "the stream ID is for another direction",
  [Rejection.CONFLICT]: "somebody else sends with this stream ID",
};

export function inductionOf({ socketId, initialSequence }: SrtCaller): Handshake {
  return {
    version: 4,
    encryption: 0,
    extensionField: DATAGRAM_SOCKET,
    initialSequence,
    datagramBytes: DATAGRAM_BYTES,
    flowWindow: FLOW_WINDOW_PACKETS,
    type: HandshakeType.INDUCTION,
    socketId,
    cookie: 0,
    peerAddress: Buffer.alloc(16),
    extensions: [],
  };
}

export interface ConclusionParts {
  readonly target: SrtTarget;
  readonly cookie: number;
  /** Null without encryption. */
  readonly keyMessage: Buffer | null;
}

export function conclusionOf(caller: SrtCaller, { target, cookie, keyMessage }: ConclusionParts): Handshake {
  const { streamId } = target;
  const extensions: readonly HandshakeExtension[] = [
    { type: ExtensionType.HSREQ, content: capabilitiesOf(target) },
    ...(streamId === null ? [] : [streamIdExtension(streamId)]),
    ...(keyMessage === null ? [] : [{ type: ExtensionType.KMREQ, content: keyMessage }]),
  ];
  return {
    ...inductionOf(caller),
    version: HANDSHAKE_VERSION,
    encryption: (target.keyBytes ?? 0) / 8,
    extensionField:
      ExtensionFlag.HSREQ | (streamId === null ? 0 : ExtensionFlag.CONFIGURATION) | (keyMessage === null ? 0 : ExtensionFlag.KMREQ),
    type: HandshakeType.CONCLUSION,
    cookie,
    extensions,
  };
}

/** What a receiver agreed to. */
export interface Agreement {
  /** How long it keeps packets before it delivers them. */
  readonly latencyMilliseconds: number;
  readonly dropsLatePackets: boolean;
}

/** Whether the receiver's answer to our conclusion makes a connection; a problem is a sentence. */
export function acceptAnswer(
  answer: Handshake,
  { target, keyMessage }: Pick<ConclusionParts, "target" | "keyMessage">,
): Agreement | { readonly problem: string } {
  const reason = rejectionOf(answer);
  if (reason !== null) return refused(REJECTION_WORDS[reason] ?? `SRT gives the reason ${reason}`);
  const agreed = extensionOf(answer, ExtensionType.HSRSP);
  if (answer.type !== HandshakeType.CONCLUSION || !agreed || agreed.length < 12) return { problem: "The receiver speaks no SRT of today." };
  const key = extensionOf(answer, ExtensionType.KMRSP);
  if (keyMessage !== null && target.isEncryptionEnforced && key?.equals(keyMessage) !== true) {
    const state = key?.length === 4 ? key.readUInt32BE(0) : 0;
    return refused(KEY_STATE_WORDS[state] ?? "it did not take the key");
  }
  return {
    latencyMilliseconds: agreed.readUInt16BE(8),
    dropsLatePackets: (agreed.readUInt32BE(4) & CapabilityFlag.DROPS_LATE_PACKETS) !== 0,
  };
}

function refused(why: string): { readonly problem: string } {
  return { problem: `The receiver refused the connection: ${why}.` };
}

function capabilitiesOf(target: SrtTarget): Buffer {
  const { DELAYS_SENT, DELAYS_RECEIVED, CAN_ENCRYPT, DROPS_LATE_PACKETS, PERIODIC_LOSS_REPORTS, MARKS_RETRANSMISSIONS } = CapabilityFlag;
  const flags =
    DELAYS_SENT |
    DELAYS_RECEIVED |
    CAN_ENCRYPT |
    MARKS_RETRANSMISSIONS |
    (target.dropsLatePackets ? DROPS_LATE_PACKETS : 0) |
    (target.wantsPeriodicLossReports ? PERIODIC_LOSS_REPORTS : 0);
  const content = Buffer.alloc(12);
  content.writeUInt32BE(SRT_VERSION, 0);
  content.writeUInt32BE(flags, 4);
  content.writeUInt16BE(target.ownLatencyMilliseconds, 8);
  content.writeUInt16BE(target.peerLatencyMilliseconds, 10);
  return content;
}
