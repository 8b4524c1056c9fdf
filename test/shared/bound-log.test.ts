import { Writable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { BoundLog, createLog } from "../../src/shared/log.ts";

function openLog() {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const destination = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(JSON.parse(line.toString()) as Readonly<Record<string, unknown>>);
      done();
    },
  });
  return { lines, log: createLog({ level: "debug", destination }) };
}

describe("a log whose lines say to what they belong", () => {
  it.each(["debug", "info", "warn", "error"] as const)("writes %s lines with what is bound, and without secrets", (level) => {
    const { lines, log } = openLog();
    const bound = new BoundLog(log, { requestId: "r-1", token: "hush" });
    bound[level]({ sessionId: "s-1" }, "seen");
    bound.child({ epoch: 2 })[level]("again");
    expect(lines).toMatchObject([
      { level, msg: "seen", requestId: "r-1", sessionId: "s-1", token: "[secret]" },
      { level, msg: "again", requestId: "r-1", epoch: 2 },
    ]);
  });

  it("makes a logger with the first line, and one alone", () => {
    const { log } = openLog();
    const child = vi.spyOn(log, "child");
    const bound = new BoundLog(log, { requestId: "r-1" });
    expect(child).not.toHaveBeenCalled();
    bound.info("one");
    bound.error("two");
    expect(child).toHaveBeenCalledOnce();
  });
});
