import { PACKET_BYTES } from "./transport-stream.ts";

/** Packets of a transport stream, null packets left out. */
export interface PacketCount {
  /** Those that came, damaged ones included. */
  readonly received: number;
  /** Of these, the ones that whoever received them before us found damaged. */
  readonly damaged: number;
  /** Those that are missing by the continuity counters. */
  readonly lost: number;
}

interface PidState {
  counter: number;
  /** Whether the newest packet came twice, which is allowed once. */
  isRepeated: boolean;
}

const NULL_PID = 0x1fff;
const COUNTER_MODULUS = 16;
const WINDOW_MILLISECONDS = 30_000;
const SLOT_MILLISECONDS = 500;

/**
 * Counts what is missing in a transport stream by the four-bit counters of its packets, one for each PID:
 *
 *   next in turn                                        fine
 *   the same as the one before                          fine once: a packet may be sent twice
 *   the same for the third time                         one error
 *   any other                                           as many are lost as the counter skipped (16 lost look like none)
 *   first of its PID, or with discontinuity_indicator   fine whatever it is
 *   without payload                                     does not count up, and is not looked at but for the indicator
 *   null packet                                         does not count at all
 *   transport_error_indicator                           damaged; its counter is believed where it is the next in turn
 */
export class ContinuityCounter {
  readonly #pids = new Map<number, PidState>();

  /** Counts whole packets. */
  count(packets: Buffer): PacketCount {
    const total = { received: 0, damaged: 0, lost: 0 };
    for (let at = 0; at + PACKET_BYTES <= packets.length; at += PACKET_BYTES) this.#countOne(packets, at, total);
    return total;
  }

  /** The stream was broken, and what is missing was counted elsewhere: every PID begins anew. */
  forget(): void {
    this.#pids.clear();
  }

  #countOne(packets: Buffer, at: number, total: { received: number; damaged: number; lost: number }): void {
    const second = packets[at + 1] ?? 0;
    const pid = ((second & 0x1f) << 8) | (packets[at + 2] ?? 0);
    if (pid === NULL_PID) return;
    total.received += 1;
    const fourth = packets[at + 3] ?? 0;
    const counter = fourth & 0x0f;
    const state = this.#pids.get(pid);
    if ((second & 0x80) !== 0) {
      total.damaged += 1;
      if (state && counter === (state.counter + 1) % COUNTER_MODULUS) this.#pids.set(pid, { counter, isRepeated: false });
      return;
    }
    const hasPayload = (fourth & 0x10) !== 0;
    const isBreak = (fourth & 0x20) !== 0 && (packets[at + 4] ?? 0) > 0 && ((packets[at + 5] ?? 0) & 0x80) !== 0;
    if (isBreak) this.#pids.delete(pid);
    if (!hasPayload) return;
    if (!state || isBreak) {
      this.#pids.set(pid, { counter, isRepeated: false });
    } else if (counter === state.counter) {
      if (state.isRepeated) total.lost += 1;
      state.isRepeated = true;
    } else {
      total.lost += (counter - state.counter - 1 + COUNTER_MODULUS) % COUNTER_MODULUS;
      state.counter = counter;
      state.isRepeated = false;
    }
  }
}

interface Slot {
  readonly number: number;
  expected: number;
  bad: number;
}

/** How many packets were lost or damaged in the last 30 s, in percent of those that should have come. Time is the caller's, in milliseconds. */
export class LossWindow {
  readonly #slots: Slot[] = [];
  /** Of all slots together. */
  #expected = 0;
  #bad = 0;

  add(now: number, { received, damaged, lost }: PacketCount): void {
    const number = Math.floor(now / SLOT_MILLISECONDS);
    const newest = this.#slots.at(-1);
    const slot = newest?.number === number ? newest : { number, expected: 0, bad: 0 };
    if (slot !== newest) this.#slots.push(slot);
    slot.expected += received + lost;
    slot.bad += damaged + lost;
    this.#expected += received + lost;
    this.#bad += damaged + lost;
    this.#forget(now);
  }

  /** 0 to 100; null while nothing came for 30 s. */
  percent(now: number): number | null {
    this.#forget(now);
    return this.#expected === 0 ? null : (this.#bad * 100) / this.#expected;
  }

  #forget(now: number): void {
    const oldest = Math.floor((now - WINDOW_MILLISECONDS) / SLOT_MILLISECONDS);
    for (let slot = this.#slots[0]; slot !== undefined && slot.number <= oldest; slot = this.#slots[0]) {
      this.#expected -= slot.expected;
      this.#bad -= slot.bad;
      this.#slots.shift();
    }
  }
}
