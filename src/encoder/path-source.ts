import type { InputType } from "../sessions/session.rules.ts";
import type { InputCue } from "./hls-cues.rules.ts";

/** What is known of an input path. */
export interface PathSourceState {
  /** Bytes arrive; false from the moment that they are late. */
  readonly isFlowing: boolean;
  /** Why not, as a sentence for the operator; null while they flow or nothing is known yet. Never holds a secret. */
  readonly problem: string | null;
  /** The address of the input is one that the network policy refuses; `problem` says which. */
  readonly isAddressRefused: boolean;
  /** Percent of packets lost or damaged in the last 30 s; null where that cannot be told. */
  readonly errorPercent: number | null;
  /** When the newest packet came of what may wait for others before it goes on; left out, or null, where nothing waits. */
  readonly receivedAt?: number | null;
}

/** What a source tells of its stream: one MPEG-TS, video first and one audio, tables in front of every key frame. */
export interface PathSourceHandlers {
  /** A stream begins: what came before it does not go on. */
  readonly onStart: () => void;
  readonly onBytes: (chunk: Buffer) => void;
  /** Given where SCTE-35 is wanted: a cue of the input's playlist belongs to what comes now, all bytes before it have come. */
  readonly onCue?: (cue: InputCue) => void;
}

/** Keeps one input path coming in, for ever: pulled from an address, or pushed to us. Begins when it is made. */
export interface PathSource {
  /** How the stream comes in; where senders may push by several protocols, how the newest one did. */
  readonly type: InputType;
  /** Number of the process behind it; null while there is none. For operators and tests. */
  readonly pid: number | null;
  /** `now` here and below: milliseconds of the session's monotonic clock. */
  readonly state: (now: number) => PathSourceState;
  /** To be called several times a second: ends what went silent. */
  readonly watch: (now: number) => void;
  /** Gives up on what comes in now, and waits for it anew; the reason is a sentence. */
  readonly reject: (reason: string) => void;
  /** Resolves once nothing of it is left: no process, no socket, no claim on a key. Idempotent. */
  readonly close: () => Promise<void>;
}
