import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { decideOutcome, GIVE_UP_HOURS, newWebhookSecret, nextAttemptAt, signedHeaders } from "../../src/webhooks/webhook.rules.ts";

const now = new Date("2030-01-01T00:00:00.000Z");
const secondsAfter = (attempts: number, chance = 0.5) => (nextAttemptAt(attempts, { now, chance }).getTime() - now.getTime()) / 1_000;

describe("the time to the next attempt", () => {
  it.each([
    [1, 5],
    [2, 15],
    [3, 45],
    [4, 135],
    [8, 10_935],
    [9, 28_800],
    [16, 28_800],
  ])("after attempt %i is %i s", (attempts, seconds) => {
    expect(secondsAfter(attempts)).toBe(seconds);
  });

  it("is up to a fifth shorter or longer by chance", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, chance) => {
        const ratio = secondsAfter(attempts, chance) / secondsAfter(attempts);
        expect(ratio).toBeGreaterThanOrEqual(0.8 - 1e-3);
        expect(ratio).toBeLessThanOrEqual(1.2 + 1e-3);
      }),
    );
    expect([secondsAfter(1, 0), secondsAfter(1, 1)]).toEqual([4, 6]);
  });
});

describe("an answer", () => {
  const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
  const outcome = (status: number, hours = 0) =>
    decideOutcome({ kind: "ANSWERED", status }, { attempts: 1, firstAttemptAt: hoursAgo(hours), now, chance: 0.5 });

  it.each([200, 201, 202, 204, 299])("of status %i takes the message", (status) => {
    expect(outcome(status)).toEqual({
      status: "DELIVERED",
      responseStatus: status,
      problem: null,
      nextAttemptAt: null,
      disabledReason: null,
    });
  });

  it.each([100, 301, 302, 307, 400, 401, 404, 429, 500, 503])("of status %i does not, and is tried again", (status) => {
    expect(outcome(status)).toMatchObject({ status: "RETRYING", responseStatus: status, nextAttemptAt: new Date(now.getTime() + 5_000) });
    expect(outcome(status).disabledReason).toBeNull();
  });

  it("of status 410 disables the webhook; what was refused is sent again once it is enabled", () => {
    expect(outcome(410)).toMatchObject({ status: "RETRYING", disabledReason: expect.stringContaining("410") });
  });

  it("that is none is tried again, and given up after its time, however often it was tried", () => {
    const none = (hours: number, attempts: number) =>
      decideOutcome({ kind: "UNANSWERED", problem: "Gone." }, { attempts, firstAttemptAt: hoursAgo(hours), now, chance: 0.5 });
    expect(none(GIVE_UP_HOURS - 0.1, 500)).toMatchObject({ status: "RETRYING", responseStatus: null, problem: "Gone." });
    expect(none(GIVE_UP_HOURS, 3)).toMatchObject({ status: "FAILED", nextAttemptAt: null });
    expect(outcome(500, GIVE_UP_HOURS)).toMatchObject({ status: "FAILED", responseStatus: 500 });
    expect(outcome(200, GIVE_UP_HOURS)).toMatchObject({ status: "DELIVERED" });
  });
});

describe("a signature", () => {
  it("is taken by the library of the convention, and by it alone for this message, time and secret", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const secret = newWebhookSecret();
        const body = JSON.stringify({ text });
        const headers = signedHeaders(secret, { id: "webhookdelivery_1", at: new Date(), body });
        expect(new Webhook(secret).verify(body, headers)).toEqual({ text });
        expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow();
        expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
        expect(() => new Webhook(secret).verify(body, { ...headers, "webhook-id": "another" })).toThrow();
      }),
      { numRuns: 20 },
    );
  });

  it("is made with a secret of the form and length that the convention wants", () => {
    expect(newWebhookSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });
});
