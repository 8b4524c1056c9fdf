import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TurnQueue } from "../../src/shared/turn-queue.ts";

/** `+a` asks, `!a` asks urgently, `-a` leaves. */
function play(limit: number, steps: string): string {
  const queue = new TurnQueue<string>(limit);
  const begun: string[] = [];
  for (const [verb = "", item = ""] of steps.split(" ")) {
    if (verb === "-") queue.leave(item);
    else queue.ask(item, verb === "!");
    for (let next = queue.next(); next !== null; next = queue.next()) begun.push(next);
  }
  return begun.join("");
}

describe("turns", () => {
  it.each([
    ["come at once while there is room", 2, "+a +b", "ab"],
    ["come in the order of asking once there is room again", 1, "+a +b +c -a -b", "abc"],
    ["do not come while too many begin", 2, "+a +b +c +d -b", "abc"],
    ["come first to those who are urgent, in their order", 1, "+a +b +c !d !e -a -d -e", "adeb"],
    ["go by who withdrew while it waited", 1, "+a +b +c -b -a", "ac"],
    ["are given back once, however often", 1, "+a +b +c -a -a -a", "ab"],
    ["come again to who asks again, behind the others", 1, "+a +b -a +a -b", "aba"],
    ["know no bounds without a limit", Infinity, "+a +b +c +d", "abcd"],
  ])("%s", (_, limit, steps, expected) => {
    expect(play(limit, steps)).toBe(expected);
  });

  it("are never taken by too many, and come to everybody who stays, each kind in order", () => {
    const step = fc.record({ isUrgent: fc.boolean(), leaves: fc.array(fc.nat(30), { maxLength: 3 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 30 }), (limit, steps) => {
        const queue = new TurnQueue<number>(limit);
        const [beginning, gone, begun] = [new Set<number>(), new Set<number>(), [] as number[]];
        const proceed = (): void => {
          for (let next = queue.next(); next !== null; next = queue.next()) {
            begun.push(next);
            beginning.add(next);
          }
          expect(beginning.size).toBeLessThanOrEqual(limit);
        };
        const leave = (item: number): void => {
          queue.leave(item);
          beginning.delete(item);
        };
        steps.forEach(({ isUrgent, leaves }, index) => {
          queue.ask(index, isUrgent);
          proceed();
          for (const item of leaves.filter((each) => each <= index)) {
            gone.add(item);
            leave(item);
            proceed();
          }
        });
        while (beginning.size > 0) {
          for (const item of beginning) leave(item);
          proceed();
        }
        expect(new Set(begun).size).toBe(begun.length);
        expect(steps.every((_, index) => gone.has(index) || begun.includes(index))).toBe(true);
        for (const isUrgent of [true, false]) {
          const ofKind = begun.filter((index) => steps[index]?.isUrgent === isUrgent);
          expect(ofKind).toEqual(ofKind.toSorted((a, b) => a - b));
        }
      }),
    );
  });
});
