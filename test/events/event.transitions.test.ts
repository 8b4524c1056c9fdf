import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findEventBlockers } from "../../src/events/event-actions.rules.ts";
import { BACKUP_ONLY_LIMITATIONS, IngestState, type EventStatus } from "../../src/events/event.rules.ts";
import {
  checkGoLive,
  decideDeleteEvent,
  decideEditIngest,
  decideGoLive,
  decideStartTest,
  decideStopEvent,
  decideStopTest,
  type DecidedEvent,
  type EventDecision,
} from "../../src/events/event.transitions.ts";

const codesOf = ({ refusals }: EventDecision): string => refusals.map(({ code }) => code).join(" ") || "ACCEPTED";

const language = (code: string, primary: IngestState, backup: IngestState = "NOT_CONFIGURED") => ({ code, primary, backup });
const event = (status: EventStatus, ...languages: DecidedEvent["languages"]): DecidedEvent => ({ status, languages });

const READY = language("de", "CONNECTED");

describe("what becomes of an event", () => {
  const table: readonly [EventStatus, Record<"startTest" | "stopTest" | "goLive" | "stop" | "editIngest" | "delete", string>][] = [
    [
      "SCHEDULED",
      {
        startTest: "ACCEPTED",
        stopTest: "ALREADY_IN_STATE",
        goLive: "ACCEPTED",
        stop: "NOT_LIVE",
        editIngest: "ACCEPTED",
        delete: "ACCEPTED",
      },
    ],
    [
      "TESTING",
      {
        startTest: "ALREADY_IN_STATE",
        stopTest: "ACCEPTED",
        goLive: "ACCEPTED",
        stop: "NOT_LIVE",
        editIngest: "ACCEPTED",
        delete: "INVALID_STATE",
      },
    ],
    [
      "LIVE",
      {
        startTest: "INVALID_STATE",
        stopTest: "INVALID_STATE",
        goLive: "ALREADY_IN_STATE",
        stop: "ACCEPTED",
        editIngest: "BACKUP_LOCKED",
        delete: "INVALID_STATE",
      },
    ],
    ...(["ENDED", "ON_DEMAND"] as const).map(
      (status) =>
        [
          status,
          {
            startTest: "EVENT_ENDED",
            stopTest: "EVENT_ENDED",
            goLive: "EVENT_ENDED",
            stop: "ALREADY_IN_STATE",
            editIngest: "EVENT_ENDED",
            delete: "ACCEPTED",
          },
        ] satisfies [EventStatus, Record<string, string>],
    ),
  ];

  it.each(table)("%s", (status, expected) => {
    const decided = event(status, READY);
    expect({
      startTest: codesOf(decideStartTest(decided)),
      stopTest: codesOf(decideStopTest(decided)),
      goLive: codesOf(decideGoLive(checkGoLive(decided), false)),
      stop: codesOf(decideStopEvent(decided, true)),
      editIngest: codesOf(decideEditIngest(decided)),
      delete: codesOf(decideDeleteEvent(decided)),
    }).toEqual(expected);
  });

  it("stops with a confirmation alone", () => {
    expect(codesOf(decideStopEvent({ status: "LIVE" }, false))).toBe("CONFIRMATION_REQUIRED");
    expect(codesOf(decideStopEvent({ status: "SCHEDULED" }, false))).toBe("NOT_LIVE");
  });
});

describe("going live", () => {
  const cases: readonly [string, DecidedEvent["languages"], { confirmed: string; unconfirmed: string; backupOnly: readonly string[] }][] = [
    [
      "with the primary of each",
      [READY, language("en", "CONNECTED", "LOST")],
      { confirmed: "ACCEPTED", unconfirmed: "ACCEPTED", backupOnly: [] },
    ],
    [
      "with the backup alone",
      [language("de", "WAITING", "CONNECTED")],
      { confirmed: "ACCEPTED", unconfirmed: "CONFIRMATION_REQUIRED", backupOnly: ["de"] },
    ],
    [
      "with a primary that was lost",
      [READY, language("en", "LOST", "CONNECTED")],
      { confirmed: "ACCEPTED", unconfirmed: "CONFIRMATION_REQUIRED", backupOnly: ["en"] },
    ],
    ["with neither", [language("de", "WAITING", "WAITING")], { confirmed: "NO_INGEST", unconfirmed: "NO_INGEST", backupOnly: [] }],
    [
      "where the worst of the languages decides",
      [READY, language("en", "WAITING", "CONNECTED"), language("fr", "LOST")],
      { confirmed: "NO_INGEST", unconfirmed: "NO_INGEST", backupOnly: [] },
    ],
  ];

  it.each(cases)("%s", (_name, languages, { confirmed, unconfirmed, backupOnly }) => {
    for (const status of ["SCHEDULED", "TESTING"] as const) {
      const check = checkGoLive(event(status, ...languages));
      expect(codesOf(decideGoLive(check, true))).toBe(confirmed);
      expect(codesOf(decideGoLive(check, false))).toBe(unconfirmed);
      expect(check.backupOnlyCodes).toEqual(backupOnly);
      expect(check.limitations).toEqual(backupOnly.length > 0 ? BACKUP_ONLY_LIMITATIONS : []);
      expect(check.confirmationRequired).toBe(backupOnly.length > 0);
    }
  });

  it("names each language without a signal", () => {
    const check = checkGoLive(event("SCHEDULED", language("de", "WAITING"), language("en", "LOST"), language("fr", "CONNECTED")));
    expect(check.blockers.map(({ code }) => code)).toEqual(["NO_INGEST", "NO_INGEST"]);
    expect(check.blockers.map(({ message }) => message).join()).toMatch(/de.*en/);
  });
});

describe("any history of an event", () => {
  const state = fc.constantFrom(...Object.values(IngestState));
  const step = fc.record({
    verb: fc.constantFrom("startTest", "stopTest", "goLive", "stop", "onDemand"),
    primary: state,
    backup: state,
    isConfirmed: fc.boolean(),
  });

  it("never brings one that has ended back, and goes live once at most and never without a signal", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let status: EventStatus = "SCHEDULED";
        let timesLive = 0;
        let hasEnded = false;
        for (const { verb, primary, backup, isConfirmed } of steps) {
          const now = event(status, language("de", primary, backup));
          const check = checkGoLive(now);
          if (verb === "startTest" && codesOf(decideStartTest(now)) === "ACCEPTED") status = "TESTING";
          else if (verb === "stopTest" && codesOf(decideStopTest(now)) === "ACCEPTED") status = "SCHEDULED";
          else if (verb === "goLive" && codesOf(decideGoLive(check, isConfirmed)) === "ACCEPTED") {
            expect([primary, backup]).toContain("CONNECTED");
            expect(primary === "CONNECTED" || isConfirmed).toBe(true);
            status = "LIVE";
            timesLive += 1;
          } else if (verb === "stop" && codesOf(decideStopEvent(now, isConfirmed)) === "ACCEPTED") {
            status = "ENDED";
            hasEnded = true;
          } else if (verb === "onDemand" && status === "ENDED") status = "ON_DEMAND";
          if (hasEnded) expect(["ENDED", "ON_DEMAND"]).toContain(status);
          expect(timesLive).toBeLessThanOrEqual(1);
          expect(findEventBlockers(now).goLive.length === 0).toBe(check.allowed);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
