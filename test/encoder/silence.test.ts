import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AVAILABILITY_GAP_MILLISECONDS, createSilenceRecord } from "../../src/encoder/silence.ts";

const at = (now: number) => ({ askedAt: now, now });
const sign = (lastSeenAt: string) => [{ encoderId: "encoder_1", lastSeenAt }];

describe("createSilenceRecord", () => {
  it("tells of an encoder after a full lease time without a sign", () => {
    const record = createSilenceRecord(4000);
    for (let now = 0; now < 4000; now += 500) expect(record.note(sign("a"), at(now))).toEqual([]);
    expect(record.note(sign("a"), at(4000))).toEqual(sign("a"));
    expect(record.note(sign("b"), at(4500))).toEqual([]);
  });

  it("counts anew after a gap in which the database did not answer", () => {
    const record = createSilenceRecord(4000);
    for (let now = 0; now < 4000; now += 500) record.note(sign("a"), at(now));
    const back = 3500 + AVAILABILITY_GAP_MILLISECONDS + 1;
    expect(record.note(sign("a"), at(back))).toEqual([]);
    expect(record.note(sign("a"), at(back + 1500))).toEqual([]);
    expect(record.note(sign("a"), at(back + 3000))).toEqual([]);
    expect(record.note(sign("a"), at(back + 4000))).toEqual(sign("a"));
  });

  it("never tells of an encoder unless the database answered without a gap for a whole lease time of silence", () => {
    const steps = fc.array(fc.record({ pause: fc.integer({ min: 1, max: 3000 }), speaks: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (history) => {
        const record = createSilenceRecord(4000);
        let now = 0;
        let sinceGapOrSign = 0;
        let spoken = 0;
        history.forEach(({ pause, speaks }, index) => {
          now += pause;
          spoken += speaks ? 1 : 0;
          if (speaks || pause > AVAILABILITY_GAP_MILLISECONDS || index === 0) sinceGapOrSign = now;
          const told = record.note(sign(String(spoken)), at(now));
          expect(told.length > 0).toBe(now - sinceGapOrSign >= 4000);
        });
      }),
    );
  });
});
