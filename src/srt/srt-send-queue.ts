import { markRetransmitted, mergeLossRanges, SEQUENCE_LIMIT, sequenceAfter, sequenceDistance, type LossRange } from "./srt-packet.rules.ts";
import type { SendRate } from "./srt-target.rules.ts";

export interface SrtSendQueueOptions {
  readonly initialSequence: number;
  /** How many packets may be on their way at once. */
  readonly windowPackets: number;
  /** Packets that are older are given up; null keeps them until they are acknowledged. */
  readonly dropAfterMilliseconds: number | null;
  readonly rate: SendRate;
  readonly send: (packet: Buffer) => void;
}

interface Item {
  readonly packet: Buffer;
  readonly payloadBytes: number;
  readonly queuedAt: number;
  /** When it was last sent again. */
  resentAt: number;
}

/** 22 MB of them; what comes beyond is dropped. */
const PACKETS_LIMIT = 16_384;
/** What a rate allows to be sent at once: as much as comes due between two times that we look. */
const BURST_SECONDS = 0.05;
const BURST_BYTES_LEAST = 3_000;
const WINDOW_PACKETS_LEAST = 2;
/** Sent again at once when the receiver is silent about what it got last. */
const BLIND_PACKETS = 16;
/** The time there and back: until the receiver tells it, and what is believed of it. A packet that is on its way again is not sent once more. */
const ROUND_TRIP_MILLISECONDS = { first: 100, least: 10, most: 1_000 } as const;
/** Whatever a receiver asks for, we look after so many numbers and send so many again in each of these: 200 Mbit/s. */
const PACE = { milliseconds: 10, numbers: 16_384, resends: 200 } as const;
/** Ranges of what is not here any more that are answered at once. */
const GONE_RANGES_MOST = 16;

/**
 * What one connection has to send, in order, and what it has to send again until the receiver acknowledges it: no faster than its rate,
 * and no more at once than the receiver has room for. Times are monotonic milliseconds.
 */
export class SrtSendQueue {
  readonly #options: SrtSendQueueOptions;
  readonly #items = new Map<number, Item>();
  readonly #lost = new Set<number>();
  /** The oldest that is not acknowledged, the next to be sent for the first time, and the next to be queued. */
  #first: number;
  #unsent: number;
  #next: number;
  #window: number;
  #budget = 0;
  #budgetAt: number | null = null;
  #measured = { since: 0, bytes: 0, bytesPerSecond: 0 };
  #roundTrip: number = ROUND_TRIP_MILLISECONDS.first;
  #pace = { since: -Infinity, numbers: 0, resends: 0 };

  constructor(options: SrtSendQueueOptions) {
    this.#options = options;
    this.#window = options.windowPackets;
    this.#first = options.initialSequence;
    this.#unsent = options.initialSequence;
    this.#next = options.initialSequence;
  }

  /** The number that the next packet has to bear. */
  get nextSequence(): number {
    return this.#next;
  }

  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  get isFull(): boolean {
    return this.#items.size >= PACKETS_LIMIT;
  }

  push(packet: Buffer, payloadBytes: number, now: number): void {
    this.#items.set(this.#next, { packet, payloadBytes, queuedAt: now, resentAt: -Infinity });
    this.#next = sequenceAfter(this.#next);
    this.#measure(packet.length, now);
    this.pump(now);
  }

  /** The receiver has everything before `sequence`, and room for so many packets. Gives the bytes of payload that are new. */
  acknowledge(sequence: number, roomPackets: number | null): number {
    if (roomPackets !== null) this.#window = Math.min(this.#options.windowPackets, Math.max(WINDOW_PACKETS_LEAST, roomPackets));
    if (sequenceDistance(this.#first, sequence) <= 0 || sequenceDistance(sequence, this.#unsent) < 0) return 0;
    let bytes = 0;
    while (this.#first !== sequence) bytes += this.#removeFirst();
    return bytes;
  }

  /** How long the receiver says that the way there and back takes. */
  noteRoundTrip(milliseconds: number): void {
    const { least, most } = ROUND_TRIP_MILLISECONDS;
    this.#roundTrip = Math.min(most, Math.max(least, milliseconds));
  }

  /** Notes what has to be sent again; gives what is asked for and not here any more. */
  reportLoss(ranges: readonly LossRange[], now: number): readonly LossRange[] {
    const merged = mergeLossRanges(ranges, this.#first);
    const sent = sequenceDistance(this.#first, this.#unsent);
    for (const { begin, end } of merged) {
      for (let step = Math.max(begin, 0); step <= end && step < sent; step += 1) this.#noteLost(sequenceAfter(this.#first, step), now);
    }
    return merged
      .filter(({ begin }) => begin < 0)
      .slice(0, GONE_RANGES_MOST)
      .map(({ begin, end }) => ({ first: this.#before(begin), last: this.#before(Math.min(end, -1)) }));
  }

  #noteLost(sequence: number, now: number): void {
    const pace = this.#paceAt(now);
    if (pace.numbers <= 0) return;
    pace.numbers -= 1;
    const item = this.#items.get(sequence);
    if (item && now - item.resentAt >= this.#roundTrip) this.#lost.add(sequence);
  }

  #paceAt(now: number): { numbers: number; resends: number } {
    if (now - this.#pace.since >= PACE.milliseconds) this.#pace = { ...PACE, since: now };
    return this.#pace;
  }

  /** The number so many steps, below zero, before the oldest that is not acknowledged. */
  #before(steps: number): number {
    return sequenceAfter(this.#first, steps + SEQUENCE_LIMIT);
  }

  /** No word of the newest packets came back: perhaps they are lost, and nothing after them tells the receiver. */
  resendOldest(): void {
    const count = Math.min(BLIND_PACKETS, sequenceDistance(this.#first, this.#unsent));
    for (let step = 0; step < count; step += 1) this.#lost.add(sequenceAfter(this.#first, step));
  }

  /** Sends what may be sent now. To be called several times a second, too. */
  pump(now: number): void {
    this.#dropLate(now);
    this.#refill(now);
    if (!this.#sendAgain(now)) return;
    while (this.#unsent !== this.#next && this.#budget > 0 && sequenceDistance(this.#first, this.#unsent) < this.#window) {
      const item = this.#items.get(this.#unsent);
      this.#unsent = sequenceAfter(this.#unsent);
      if (item) this.#send(item.packet);
    }
  }

  /** False when the rate is used up: what is new waits for what is missed. */
  #sendAgain(now: number): boolean {
    const pace = this.#paceAt(now);
    for (const sequence of this.#lost) {
      if (this.#budget <= 0) return false;
      if (pace.resends <= 0) return true;
      this.#lost.delete(sequence);
      const item = this.#items.get(sequence);
      if (!item) continue;
      pace.resends -= 1;
      item.resentAt = now;
      markRetransmitted(item.packet);
      this.#send(item.packet);
    }
    return true;
  }

  #send(packet: Buffer): void {
    this.#budget -= packet.length;
    this.#options.send(packet);
  }

  #removeFirst(): number {
    const bytes = this.#items.get(this.#first)?.payloadBytes ?? 0;
    this.#items.delete(this.#first);
    this.#lost.delete(this.#first);
    if (this.#unsent === this.#first) this.#unsent = sequenceAfter(this.#unsent);
    this.#first = sequenceAfter(this.#first);
    return bytes;
  }

  #dropLate(now: number): void {
    const { dropAfterMilliseconds } = this.#options;
    if (dropAfterMilliseconds === null) return;
    while (this.#first !== this.#next && now - (this.#items.get(this.#first)?.queuedAt ?? now) > dropAfterMilliseconds) {
      this.#removeFirst();
    }
  }

  #refill(now: number): void {
    const bytesPerSecond = this.#bytesPerSecond();
    const elapsed = (now - (this.#budgetAt ?? now)) / 1_000;
    this.#budgetAt = now;
    if (bytesPerSecond === null) this.#budget = Number.POSITIVE_INFINITY;
    else {
      const most = Math.max(bytesPerSecond * BURST_SECONDS, BURST_BYTES_LEAST);
      this.#budget = Math.min(most, (Number.isFinite(this.#budget) ? this.#budget : most) + elapsed * bytesPerSecond);
    }
  }

  #bytesPerSecond(): number | null {
    const { rate } = this.#options;
    if (rate.kind === "UNLIMITED") return null;
    if (rate.kind === "FIXED") return rate.bytesPerSecond;
    return this.#measured.bytesPerSecond === 0 ? null : this.#measured.bytesPerSecond * rate.factor;
  }

  #measure(bytes: number, now: number): void {
    const measured = this.#measured;
    if (measured.since === 0) measured.since = now;
    measured.bytes += bytes;
    const elapsed = (now - measured.since) / 1_000;
    if (elapsed < 1) return;
    this.#measured = { since: now, bytes: 0, bytesPerSecond: measured.bytes / elapsed };
  }
}
