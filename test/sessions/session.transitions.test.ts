import { describe, expect, it } from "vitest";
import {
  decideDelete,
  decideEdit,
  decideRestart,
  decideStart,
  decideStop,
  type Decision,
  type DecidedSession,
} from "../../src/sessions/session.transitions.ts";
import { SessionStatus, type DesiredStatus } from "../../src/sessions/session.rules.ts";

type Cell = "ACCEPTED" | "ALREADY_IN_STATE" | "INVALID_STATE";

/** Rows: status and what is wanted. Columns: start, stop, restart, delete, edit. */
const TABLE: readonly (readonly [SessionStatus, DesiredStatus, Cell, Cell, Cell, Cell, Cell])[] = [
  ["STOPPED", "STOPPED", "ACCEPTED", "ALREADY_IN_STATE", "INVALID_STATE", "ACCEPTED", "ACCEPTED"],
  ["STARTING", "RUNNING", "ALREADY_IN_STATE", "ACCEPTED", "ALREADY_IN_STATE", "INVALID_STATE", "INVALID_STATE"],
  ["WAITING", "RUNNING", "ALREADY_IN_STATE", "ACCEPTED", "ACCEPTED", "INVALID_STATE", "INVALID_STATE"],
  ["RUNNING", "RUNNING", "ALREADY_IN_STATE", "ACCEPTED", "ACCEPTED", "INVALID_STATE", "INVALID_STATE"],
  ["STOPPING", "STOPPED", "INVALID_STATE", "ALREADY_IN_STATE", "INVALID_STATE", "INVALID_STATE", "INVALID_STATE"],
  ["STOPPING", "RUNNING", "ALREADY_IN_STATE", "ACCEPTED", "ALREADY_IN_STATE", "INVALID_STATE", "INVALID_STATE"],
  ["FAILED", "RUNNING", "ACCEPTED", "ACCEPTED", "INVALID_STATE", "ACCEPTED", "INVALID_STATE"],
];

const cellOf = (decision: Decision) => (decision.outcome === "ACCEPTED" ? "ACCEPTED" : decision.code);

describe("what a verb makes of a session", () => {
  it.each(TABLE)("%s, wanted %s: start %s, stop %s, restart %s, delete %s, edit %s", (status, desiredStatus, ...expected) => {
    const session: DecidedSession = { status, desiredStatus, playbackCount: 1 };
    const decided = [decideStart, decideStop, decideRestart, decideDelete, decideEdit].map((decide) => cellOf(decide(session)));
    expect(decided).toEqual(expected);
  });

  it("covers every status", () => {
    expect(new Set(TABLE.map(([status]) => status))).toEqual(new Set(Object.values(SessionStatus)));
  });

  it("refuses to start a session without playbacks, and says what to do", () => {
    const decision = decideStart({ status: "STOPPED", desiredStatus: "STOPPED", playbackCount: 0 });
    expect(decision).toMatchObject({ outcome: "FAILED", code: "NO_PLAYBACK", message: expect.stringContaining("Add one") });
  });
});
