import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ListenerStarts, type EndStart } from "../../src/srt/listener-starts.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Starts of two at a time, those that began, and how each is ended. */
function askFor(names: readonly string[]) {
  const starts = new ListenerStarts(2);
  const begun: string[] = [];
  const ends = new Map<string, EndStart>(names.map((name) => [name, starts.ask(() => void begun.push(name))]));
  return { begun, end: (name: string) => ends.get(name)?.(), starts };
}

it("lets so many begin at a time, in the order in which they asked", () => {
  const { begun, end } = askFor(["a", "b", "c", "d", "e"]);
  expect(begun).toEqual(["a", "b"]);
  end("b");
  end("b");
  expect(begun).toEqual(["a", "b", "c"]);
  end("a");
  end("c");
  expect(begun).toEqual(["a", "b", "c", "d", "e"]);
});

it("passes over who waits no longer", () => {
  const { begun, end } = askFor(["a", "b", "c", "d"]);
  end("c");
  end("a");
  expect(begun).toEqual(["a", "b", "d"]);
});

it("lets the next one begin when one was not heard of for 1.5 s, and no second one for it later", () => {
  const { begun, end } = askFor(["a", "b", "c", "d", "e", "f"]);
  vi.advanceTimersByTime(1_499);
  expect(begun).toEqual(["a", "b"]);
  vi.advanceTimersByTime(1);
  expect(begun).toEqual(["a", "b", "c", "d"]);
  end("a");
  expect(begun).toEqual(["a", "b", "c", "d"]);
});

it("goes on at once where those whose turn it is do not begin at all", () => {
  const { end, starts } = askFor(["a", "b"]);
  const begun: string[] = [];
  for (const name of ["c", "d", "e"]) {
    starts.ask((endStart) => {
      begun.push(name);
      if (name !== "e") endStart();
    });
  }
  expect(begun).toEqual([]);
  end("a");
  expect(begun).toEqual(["c", "d", "e"]);
});
