/** What is known of the way to one receiver. */
export interface OutputSenderState {
  /** The receiver takes what is sent now. */
  readonly isConnected: boolean;
  /** Bytes of media that went out since it was opened; grows only while the receiver takes them. */
  readonly bytes: number;
  /** Why it is not connected, as a sentence for the operator; null while it is or nothing is known yet. Never holds a secret. */
  readonly problem: string | null;
  /** The address is one that the network policy refuses; `problem` says which. */
  readonly isAddressRefused: boolean;
}

/**
 * Stands between the encoder process and one receiver, so that no secret of the receiver's URL is an argument of a process, a dead
 * receiver holds up nothing, and the address is checked at every connection. It connects by itself, again and again, within 1 s
 * of the receiver's return, and drops what the receiver cannot take.
 */
export interface OutputSender {
  /** Where the encoder writes to: an ffmpeg URL on this machine, such as `unix:/…/out.sock` or `srt://127.0.0.1:50123?mode=caller`. */
  readonly localUrl: string;
  readonly state: () => OutputSenderState;
  /** Resolves once no socket of it is left. Idempotent. */
  readonly close: () => Promise<void>;
}
