import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createViewerCounter } from "../../src/viewers/viewer-counter.ts";

describe("viewers", () => {
  it("are those who were seen within the last 15 s, each once", () => {
    const step = fc.record({
      after: fc.integer({ min: 0, max: 9_000 }),
      session: fc.constantFrom("a", "b"),
      viewer: fc.constantFrom(..."pqrst"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 0;
        const counter = createViewerCounter({ now: () => now });
        const seen: { readonly session: string; readonly viewer: string; readonly at: number }[] = [];
        for (const { after, session, viewer } of steps) {
          now += after;
          counter.see(session, viewer);
          seen.push({ session, viewer, at: now });
          const expected = new Map<string, number>();
          for (const each of ["a", "b"]) {
            const viewers = new Set(seen.filter(({ session: of, at }) => of === each && at > now - 15_000).map((one) => one.viewer));
            if (viewers.size > 0) expected.set(each, viewers.size);
          }
          expect(counter.counts()).toEqual(expected);
        }
      }),
    );
  });

  it("are remembered up to so many, and again once others left", () => {
    let now = 0;
    const counter = createViewerCounter({ now: () => now, limit: 3 });
    for (const viewer of ["a", "b", "c", "d", "a"]) counter.see("one", viewer);
    expect(counter.counts().get("one")).toBe(3);
    now = 15_000;
    expect(counter.counts().size).toBe(0);
    for (const viewer of ["d", "e"]) counter.see("two", viewer);
    expect([...counter.counts()]).toEqual([["two", 2]]);
  });
});
