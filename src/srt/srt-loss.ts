import { sequenceAfter, sequenceDistance } from "./srt-packet.rules.ts";

/** Packets that can be on their way at once, and more; a power of two, so that the numbers go round evenly. */
const SLOTS = 32_768;
const WINDOW_SECONDS = 30;

interface Second {
  second: number;
  packets: number;
  lost: number;
}

/**
 * Counts what a publisher sent and never arrived, not even when it was asked for again: of the packets that the receiver
 * acknowledges, those that did not pass us. Over a moving window of 30 s.
 */
export class SrtLoss {
  readonly #seen = new Uint8Array(SLOTS);
  readonly #seconds: Second[] = Array.from({ length: WINDOW_SECONDS }, () => ({ second: -1, packets: 0, lost: 0 }));
  #next: number;

  constructor(initialSequence: number) {
    this.#next = initialSequence;
  }

  noteData(sequence: number): void {
    const ahead = sequenceDistance(this.#next, sequence);
    if (ahead >= 0 && ahead < SLOTS) this.#seen[sequence % SLOTS] = 1;
  }

  /** Everything before `sequence` is delivered or given up. `now` here and below: monotonic milliseconds. */
  noteAcknowledged(sequence: number, now: number): void {
    const count = sequenceDistance(this.#next, sequence);
    if (count <= 0 || count > SLOTS) return;
    const bucket = this.#bucketOf(now);
    for (let step = 0; step < count; step += 1) {
      const slot = this.#next % SLOTS;
      bucket.packets += 1;
      bucket.lost += 1 - (this.#seen[slot] ?? 0);
      this.#seen[slot] = 0;
      this.#next = sequenceAfter(this.#next);
    }
  }

  /** Null as long as nothing was acknowledged within the window. */
  percent(now: number): number | null {
    const oldest = Math.floor(now / 1_000) - WINDOW_SECONDS;
    const recent = this.#seconds.filter(({ second }) => second > oldest);
    const packets = recent.reduce((sum, each) => sum + each.packets, 0);
    return packets === 0 ? null : (100 * recent.reduce((sum, each) => sum + each.lost, 0)) / packets;
  }

  #bucketOf(now: number): Second {
    const second = Math.floor(now / 1_000);
    const bucket = this.#seconds[second % WINDOW_SECONDS];
    if (!bucket) throw new Error("A second has a bucket");
    if (bucket.second !== second) Object.assign(bucket, { second, packets: 0, lost: 0 });
    return bucket;
  }
}
