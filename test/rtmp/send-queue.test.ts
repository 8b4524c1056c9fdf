import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeAmf } from "../../src/rtmp/amf0.rules.ts";
import { isKeyFrame, isSequenceHeader, TagType, type FlvTag } from "../../src/rtmp/flv.rules.ts";
import { SendQueue } from "../../src/rtmp/send-queue.ts";
import { Timeline } from "../../src/rtmp/timeline.rules.ts";

const metadata: FlvTag = { type: TagType.SCRIPT, timestamp: 0, payload: encodeAmf(["onMetaData", {}]) };
const videoHeader: FlvTag = { type: TagType.VIDEO, timestamp: 0, payload: Buffer.from([0x17, 0]) };
const audioHeader: FlvTag = { type: TagType.AUDIO, timestamp: 0, payload: Buffer.from([0xaf, 0]) };
const picture = (timestamp: number, isKey: boolean, bytes = 100): FlvTag => ({
  type: TagType.VIDEO,
  timestamp,
  payload: Buffer.concat([Buffer.from([isKey ? 0x17 : 0x27, 1]), Buffer.alloc(bytes)]),
});
const sound = (timestamp: number): FlvTag => ({ type: TagType.AUDIO, timestamp, payload: Buffer.from([0xaf, 1, 0]) });

function drain(queue: SendQueue): FlvTag[] {
  const tags: FlvTag[] = [];
  for (let tag = queue.take(); tag; tag = queue.take()) tags.push(tag);
  return tags;
}

/** One letter for each tag: description, headers, key frames and others, sound. */
function spell(tags: readonly FlvTag[]): string {
  return tags
    .map((tag) => {
      if (tag.type === TagType.SCRIPT) return "D";
      if (isSequenceHeader(tag)) return tag.type === TagType.VIDEO ? "V" : "A";
      return tag.type === TagType.AUDIO ? "s" : isKeyFrame(tag) ? "K" : "p";
    })
    .join("");
}

describe("what waits for a receiver", () => {
  it("starts with description, headers and the newest key frame, with sound only from there on", () => {
    const queue = new SendQueue();
    for (const tag of [metadata, videoHeader, audioHeader]) queue.offer(tag, 0);
    expect(queue.hasMedia).toBe(false);
    for (const tag of [sound(0), picture(0, true), picture(40, false), picture(80, true), sound(90), picture(120, false)])
      queue.offer(tag, 0);
    expect(queue.hasMedia).toBe(true);
    expect(queue.take()).toBeNull();
    queue.attach(0);
    const sent = drain(queue);
    expect(spell(sent)).toBe("DVAKsp");
    expect(sent.map(({ timestamp }) => timestamp)).toEqual([80, 80, 80, 80, 90, 120]);
    queue.offer(picture(160, false), 0);
    expect(spell(drain(queue))).toBe("p");
  });

  it("starts anew at a key frame that was not sent before, so that times go on", () => {
    const queue = new SendQueue();
    for (const tag of [metadata, videoHeader, picture(0, true), picture(40, false)]) queue.offer(tag, 0);
    queue.attach(0);
    drain(queue);
    queue.detach();
    queue.attach(0);
    queue.offer(picture(80, false), 0);
    expect(drain(queue)).toEqual([]);
    queue.offer(picture(120, true), 0);
    expect(spell(drain(queue))).toBe("DVK");
  });

  it("is left out up to a key frame once it is too much or too old", () => {
    for (const late of [
      { bytes: 5_000_000, milliseconds: 0 },
      { bytes: 10, milliseconds: 4_100 },
    ]) {
      const queue = new SendQueue();
      for (const tag of [metadata, videoHeader, audioHeader, picture(0, true)]) queue.offer(tag, 0);
      queue.attach(0);
      queue.offer(picture(40, false, late.bytes), 0);
      queue.offer(picture(80, false, late.bytes), 0);
      queue.offer(picture(120, false), late.milliseconds);
      queue.offer(sound(130), late.milliseconds);
      expect(queue.take()).toBeNull();
      queue.offer(picture(160, true), late.milliseconds);
      expect(spell(drain(queue))).toBe("DVAK");
    }
  });

  it("of sound alone starts with any of it", () => {
    const queue = new SendQueue();
    for (const tag of [metadata, audioHeader, sound(0)]) queue.offer(tag, 0);
    expect(queue.hasMedia).toBe(true);
    queue.attach(0);
    queue.offer(sound(20), 0);
    expect(spell(drain(queue))).toBe("DAs");
  });

  it("is bounded, and no picture ever comes without those that it needs, whatever happens", () => {
    const events = fc.array(fc.constantFrom("key", "picture", "picture", "sound", "take", "attach", "detach", "restart", "later"), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(events, (list) => {
        const queue = new SendQueue();
        const predecessors = new Map<number, number>();
        let [time, now, offered, sent] = [0, 0, -1, -1];
        const show = (isKey: boolean): void => {
          queue.offer(picture(time, isKey, 900_000), now);
          predecessors.set(time, offered);
          offered = time;
        };
        const take = (): void => {
          const tag = queue.take();
          if (tag?.type !== TagType.VIDEO || isSequenceHeader(tag)) return;
          // Either one to begin at, or the very one behind the last.
          if (!isKeyFrame(tag)) expect(predecessors.get(tag.timestamp)).toBe(sent);
          expect(tag.timestamp).toBeGreaterThan(sent);
          sent = tag.timestamp;
        };
        const actions: Readonly<Record<string, () => void>> = {
          key: () => show(true),
          picture: () => show(false),
          sound: () => queue.offer(sound(time), now),
          take,
          attach: () => queue.attach(now),
          detach: () => queue.detach(),
          restart: () => {
            queue.restart();
            for (const tag of [metadata, videoHeader, audioHeader]) queue.offer({ ...tag, timestamp: time }, now);
          },
          later: () => (now += 1_500),
        };
        for (const event of list) {
          time += 40;
          actions[event]?.();
        }
        queue.detach();
        queue.attach(now);
        expect(drain(queue).reduce((sum, { payload }) => sum + payload.length, 0)).toBeLessThan(9_000_000);
      }),
    );
  });
});

describe("the timeline of a sender", () => {
  it("goes on across encoders, with the real time between them, and over the wrap of 31 bits", () => {
    const timeline = new Timeline();
    timeline.begin();
    expect([5_000, 5_040, 5_020].map((time) => timeline.place(time, 0))).toEqual([0, 40, 20]);
    timeline.begin();
    expect(timeline.place(0, 1_500)).toBe(1_540);
    timeline.begin();
    expect(timeline.place(77, 1_500)).toBe(1_580);
    timeline.begin();
    timeline.place(2 ** 31 - 20, 1_600);
    const before = timeline.position;
    expect(timeline.place(20, 1_640)).toBe(before + 40);
  });

  it("gives the distances of a stream as they are", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 30 }), (first, steps) => {
        const timeline = new Timeline();
        timeline.begin();
        let [time, expected] = [first, timeline.place(first, 0)];
        for (const step of steps) {
          time = (time + step) % 2 ** 31;
          expected += step;
          expect(timeline.place(time, 0)).toBe(expected);
        }
      }),
    );
  });
});
