import { RtmpPushSource, type RtmpPushSourceOptions } from "../rtmp/rtmp-push-source.ts";
import { SrtPushSource, type SrtPushSourceOptions } from "../srt/srt-push-source.ts";
import type { PathSource, PathSourceHandlers, PathSourceState } from "./path-source.ts";

export type EitherPushSourceOptions = Pick<RtmpPushSourceOptions, "server"> &
  Omit<SrtPushSourceOptions, "isTaken" | "onPublisher"> & {
    /** What those who come by SRT have to present. */
    readonly srtStreamKey: string;
  };

type Protocol = "RTMP" | "SRT";

/**
 * Waits for a publisher who may come by RTMP or by SRT, with the stream key of each, every time by the one that it likes. Both listen all the time,
 * and one publisher is let in: while one of them is occupied the other one refuses whoever comes, as it refuses a second one of its own.
 */
export class EitherPushSource implements PathSource {
  readonly #sources: { readonly RTMP: RtmpPushSource; readonly SRT: SrtPushSource };
  /** By what the newest publisher came. What the other one only now begins to give out is of one that left. */
  #admitted: Protocol | null = null;
  /** By what the newest stream came; null before the first one. What the other one still gives out is of a stream that is over. */
  #current: Protocol | null = null;
  readonly #problems: Record<Protocol, string | null>;
  /** Whose problem is told: that which came last. */
  #newest: Protocol = "RTMP";

  constructor({ server, front, passphrase, srtStreamKey, handlers, ...shared }: EitherPushSourceOptions) {
    const rtmp: RtmpPushSource = new RtmpPushSource({
      ...shared,
      server,
      isTaken: () => srt.isOccupied,
      // Of two that come at once, whoever is let in first keeps the other one out.
      onPublisher: () => {
        this.#admitted = "RTMP";
        srt.turnAway();
      },
      handlers: this.#handlersOf("RTMP", handlers),
    });
    const srt: SrtPushSource = new SrtPushSource({
      ...shared,
      front,
      streamKey: srtStreamKey,
      passphrase,
      isTaken: () => rtmp.isOccupied,
      onPublisher: () => (this.#admitted = "SRT"),
      handlers: this.#handlersOf("SRT", handlers),
    });
    this.#sources = { RTMP: rtmp, SRT: srt };
    const now = shared.clock.now();
    this.#problems = { RTMP: rtmp.state(now).problem, SRT: srt.state(now).problem };
  }

  get type(): PathSource["type"] {
    return this.#sources[this.#current ?? "RTMP"].type;
  }

  get pid(): number | null {
    return (this.#current && this.#sources[this.#current].pid) ?? this.#sources.RTMP.pid ?? this.#sources.SRT.pid;
  }

  state(now: number): PathSourceState {
    const states = { RTMP: this.#sources.RTMP.state(now), SRT: this.#sources.SRT.state(now) };
    for (const protocol of ["RTMP", "SRT"] as const) this.#note(protocol, states[protocol].problem);
    const current = this.#current && states[this.#current];
    if (current?.isFlowing) return current;
    return {
      isFlowing: false,
      problem: this.#problems[this.#newest],
      isAddressRefused: false,
      errorPercent: current?.errorPercent ?? null,
    };
  }

  watch(now: number): void {
    this.#sources.RTMP.watch(now);
    this.#sources.SRT.watch(now);
  }

  reject(reason: string): void {
    if (this.#current) this.#sources[this.#current].reject(reason);
  }

  async close(): Promise<void> {
    await Promise.all([this.#sources.RTMP.close(), this.#sources.SRT.close()]);
  }

  #handlersOf(protocol: Protocol, { onStart, onBytes }: PathSourceHandlers): PathSourceHandlers {
    return {
      onStart: () => {
        this.#current = this.#admitted;
        if (this.#current === protocol) onStart();
      },
      onBytes: (chunk) => {
        if (this.#current === protocol) onBytes(chunk);
      },
    };
  }

  #note(protocol: Protocol, problem: string | null): void {
    if (problem !== null && problem !== this.#problems[protocol]) this.#newest = protocol;
    this.#problems[protocol] = problem;
  }
}
