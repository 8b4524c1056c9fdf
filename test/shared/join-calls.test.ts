import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createJoinCalls } from "../../src/shared/join-calls.ts";

describe("joined calls", () => {
  it("answer nobody with what was read before the question, and call once for all who came while one was under way", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 12 }), async (scheduler, keys) => {
        const join = createJoinCalls<number>();
        let now = 0;
        let calls = 0;
        const call = async (): Promise<number> => {
          calls += 1;
          const readAt = (now += 1);
          await scheduler.schedule(Promise.resolve(), "read");
          return readAt;
        };
        const asked = scheduler.scheduleSequence(
          keys.map((key) => async () => {
            const askedAt = now;
            answers.push(join(key, call).then((readAt) => readAt > askedAt));
          }),
        );
        const answers: Promise<boolean>[] = [];
        await scheduler.waitFor(asked.task);
        expect(await scheduler.waitFor(Promise.all(answers))).toEqual(keys.map(() => true));
        expect(calls).toBeLessThanOrEqual(keys.length);
      }),
    );
  });

  it("of the same moment are two, however many ask", async () => {
    const join = createJoinCalls<number>();
    let calls = 0;
    const answers = await Promise.all(Array.from({ length: 50 }, () => join("a", async () => (calls += 1))));
    expect(new Set(answers)).toEqual(new Set([1, 2]));
    expect(await join("a", async () => (calls += 1))).toBe(3);
  });

  it("fail as the one before them did, and the next call is a new one", async () => {
    const join = createJoinCalls<string>();
    const failing = [1, 2, 3].map(() => join("a", () => Promise.reject(new Error("away"))));
    const settled = await Promise.allSettled(failing);
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(await join("a", async () => "back")).toBe("back");
  });
});
