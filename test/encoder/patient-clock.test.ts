import { expect, it } from "vitest";
import { createPatientClock } from "../../src/encoder/patient-clock.ts";

it("goes on with the time, and waits for ticks that do not come", () => {
  let measured = 1_000;
  const clock = createPatientClock(600, () => measured);
  const pass = (milliseconds: number): number => {
    measured += milliseconds;
    return clock.now();
  };
  expect(pass(200)).toBe(1_200);
  expect(clock.tick()).toBe(false);
  expect(pass(600)).toBe(1_800);
  expect(clock.tick()).toBe(false);
  expect(pass(5_000)).toBe(2_400);
  expect(pass(5_000)).toBe(2_400);
  expect(clock.tick()).toBe(true);
  expect(pass(0)).toBe(2_400);
  expect(pass(200)).toBe(2_600);
  expect(clock.tick()).toBe(false);
});
