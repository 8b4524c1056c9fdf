/** What one input path of a running session is seen to do. Times are ISO texts. */
export interface PathSample {
  readonly isConnected: boolean;
  readonly lastSeenAt: string | null;
  /** Percent of packets lost or damaged in the last 30 s; null where that cannot be told. */
  readonly errorPercent: number | null;
  readonly bitrateKbps: number | null;
}

/** What a running session does now. */
export interface TelemetrySample {
  readonly frameRate: number | null;
  /** Media seconds made for each second that passes, over the last seconds; 1 keeps up. */
  readonly speed: number | null;
  /** Of the input that is taken now. */
  readonly bitrateKbps: number | null;
  /** Since the encoder began. */
  readonly droppedFrames: number | null;
  readonly pathA: PathSample | null;
  /** Null without failover. */
  readonly pathB: PathSample | null;
}
