import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPulse } from "../../src/encoder/pulse.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("calls all who follow at the same moments, by one timer", () => {
  const { follow } = createPulse(200);
  const calls: string[] = [];
  const startedAt = Date.now();
  const note = (who: string) => (): void => void calls.push(`${who} ${Date.now() - startedAt}`);
  follow(note("first"));
  vi.advanceTimersByTime(150);
  follow(note("second"));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(250);
  expect(calls).toEqual(["first 200", "second 200", "first 400", "second 400"]);
});

it("calls nobody who has left, even within a beat, and ticks for nobody", () => {
  const { follow } = createPulse(200);
  const calls: string[] = [];
  const leaveFirst = follow(() => {
    calls.push("first");
    leaveSecond();
  });
  const leaveSecond = follow(() => calls.push("second"));
  vi.advanceTimersByTime(400);
  expect(calls).toEqual(["first", "first"]);
  leaveFirst();
  leaveFirst();
  expect(vi.getTimerCount()).toBe(0);
  follow(() => calls.push("third"));
  vi.advanceTimersByTime(200);
  expect(calls).toEqual(["first", "first", "third"]);
});

it("calls whoever begins to follow within a beat from the next one on", () => {
  const { follow } = createPulse(200);
  const calls: string[] = [];
  const leave = follow(() => {
    calls.push("first");
    leave();
    follow(() => calls.push("second"));
  });
  vi.advanceTimersByTime(200);
  expect(calls).toEqual(["first"]);
  vi.advanceTimersByTime(200);
  expect(calls).toEqual(["first", "second"]);
});
