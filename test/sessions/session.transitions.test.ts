import { describe, expect, it } from "vitest";
import {
  decideDelete,
  decideEdit,
  decideHideSlate,
  decideRestart,
  decideShowSlate,
  decideStart,
  decideStop,
  decideSwitch,
  type ControlledSession,
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
    const session: DecidedSession = { status, desiredStatus, playbackCount: 1, isOfEvent: false };
    const decided = [decideStart, decideStop, decideRestart, decideDelete, decideEdit].map((decide) => cellOf(decide(session)));
    expect(decided).toEqual(expected);
  });

  it("covers every status", () => {
    expect(new Set(TABLE.map(([status]) => status))).toEqual(new Set(Object.values(SessionStatus)));
  });

  it("refuses to start a session without playbacks, and says what to do", () => {
    const decision = decideStart({ status: "STOPPED", desiredStatus: "STOPPED", playbackCount: 0, isOfEvent: false });
    expect(decision).toMatchObject({ outcome: "FAILED", code: "NO_PLAYBACK", message: expect.stringContaining("Add one") });
  });
});

const RUNNING: ControlledSession = {
  isOfEvent: false,
  status: "RUNNING",
  hasFailover: true,
  activePath: "A",
  pathCommandTo: null,
  hasPassthrough: false,
  isSlateWanted: false,
  isSlateShowing: false,
};

describe("a switch of the input", () => {
  it.each([
    ["goes to the other path", {}, "B", "ACCEPTED"],
    ["goes back", { activePath: "B", pathCommandTo: "B" }, "A", "ACCEPTED"],
    ["is over when the path is active", {}, "A", "ALREADY_IN_STATE"],
    ["is over when it was done", { activePath: "B", pathCommandTo: "B" }, "B", "ALREADY_IN_STATE"],
    ["takes back one that is not done yet", { pathCommandTo: "B" }, "A", "ACCEPTED"],
    ["waits for the encoder", { status: "STARTING" }, "B", "INVALID_STATE"],
    ["works while no input has arrived", { status: "WAITING" }, "B", "ACCEPTED"],
    ["wants something that runs", { status: "STOPPED" }, "B", "INVALID_STATE"],
    ["wants something that goes on", { status: "STOPPING" }, "B", "INVALID_STATE"],
    ["wants two paths", { hasFailover: false, status: "STOPPED" }, "B", "FAILOVER_NOT_SUPPORTED"],
  ] as const)("%s", (_name, state, toPath, expected) => {
    expect(cellOf(decideSwitch({ ...RUNNING, ...state }, toPath))).toBe(expected);
  });
});

describe("a slate", () => {
  it.each([
    ["is shown while it runs", {}, "ACCEPTED", "ALREADY_IN_STATE"],
    ["is hidden after it was asked for", { isSlateWanted: true }, "ALREADY_IN_STATE", "ACCEPTED"],
    ["that shows by itself is kept, not hidden", { isSlateShowing: true }, "ACCEPTED", "ALREADY_IN_STATE"],
    ["is shown from the start on", { status: "STARTING" }, "ACCEPTED", "ALREADY_IN_STATE"],
    ["is shown while no input has arrived", { status: "WAITING" }, "ACCEPTED", "ALREADY_IN_STATE"],
    ["wants something that runs", { status: "STOPPED" }, "INVALID_STATE", "INVALID_STATE"],
    ["wants something that goes on", { status: "STOPPING", isSlateWanted: true }, "INVALID_STATE", "INVALID_STATE"],
    ["wants to be encoded", { hasPassthrough: true, status: "STOPPED" }, "NOT_APPLICABLE", "NOT_APPLICABLE"],
  ] as const)("%s", (_name, state, show, hide) => {
    const session = { ...RUNNING, ...state };
    expect([cellOf(decideShowSlate(session)), cellOf(decideHideSlate(session))]).toEqual([show, hide]);
  });
});
