import { expect, it } from "vitest";
import { createRenewal } from "../../src/encoder/renewal.rules.ts";

/** Seconds at which an encoder is renewed whose worst output grows every so many seconds after the last renewal; null for never. */
function renewals(growsEvery: (now: number) => number | null, untilSeconds: number): readonly number[] {
  const renewal = createRenewal();
  const times: number[] = [];
  let grewAt = 0;
  for (let now = 0; now < untilSeconds; now += 1) {
    const every = growsEvery(now);
    if (every !== null && now - grewAt >= every) grewAt = now;
    if (!renewal.isDue((now - grewAt) * 1_000, now * 1_000)) continue;
    times.push(now);
    grewAt = now;
  }
  return times;
}

it("waits twice as long each time for an output that never grows, up to 10 min", () => {
  const times = renewals(() => null, 4_000);
  const waits = times.map((time, index) => time - (times[index - 1] ?? 0));
  expect(waits).toEqual([31, 61, 121, 241, 481, 601, 601, 601, 601, 601]);
});

it("leaves an output alone that grows every 40 s, once it has given it the time", () => {
  expect(renewals(() => 40, 4_000)).toEqual([31]);
});

it("begins anew once all outputs have grown for a while", () => {
  const times = renewals((now) => (now < 200 || now > 400 ? null : 2), 500);
  expect(times).toEqual([31, 92, 431, 492]);
});
