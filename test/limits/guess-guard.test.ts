import { expect, it } from "vitest";
import { createGuessGuard, networkOf } from "../../src/limits/guess-guard.ts";
import { Fault, FaultCode } from "../../src/shared/user-error.ts";

function guard() {
  let now = 0;
  let looks = 0;
  const made = createGuessGuard({ pointsPerMinute: 60, burst: 10 }, { now: () => new Date(now) });
  /** What a look at this credential from this address comes to: `good` ones are, all others are not. */
  async function attempt(authorization: string | null, ipAddress: string | null = "192.0.2.1"): Promise<string> {
    const look = async (): Promise<string> => {
      looks += 1;
      await Promise.resolve();
      if (authorization?.startsWith("good")) return "found";
      if (authorization === "down") throw new Fault(FaultCode.SERVICE_UNAVAILABLE, "The database is away.");
      throw new Fault(FaultCode.UNAUTHENTICATED, "No.");
    };
    return made.guard({ authorization, ipAddress }, look).catch((error: unknown) => (error as Fault).code);
  }
  const attempts = (count: number, ipAddress?: string) =>
    Promise.all(Array.from({ length: count }, (_, index) => attempt(`bad ${index}`, ipAddress)));
  return { attempt, attempts, looks: () => looks, pass: (milliseconds: number) => void (now += milliseconds) };
}

it("looks nothing up for an address that guessed too often, until some time has passed", async () => {
  const { attempt, looks, pass } = guard();
  for (let index = 0; index < 10; index += 1) expect(await attempt(`bad ${index}`)).toBe("UNAUTHENTICATED");
  for (let index = 0; index < 100; index += 1) expect(await attempt(`worse ${index}`)).toBe("RATE_LIMITED");
  expect(looks()).toBe(10);
  expect(await attempt("good, but new here")).toBe("RATE_LIMITED");
  expect(await attempt("bad", "192.0.2.2")).toBe("UNAUTHENTICATED");
  pass(1_000);
  expect([await attempt("bad a"), await attempt("bad b")]).toEqual(["UNAUTHENTICATED", "RATE_LIMITED"]);
});

it("lets guesses that come together pay for all of them", async () => {
  const { attempt, attempts, pass } = guard();
  expect(await attempts(15)).toEqual(Array.from({ length: 15 }, () => "UNAUTHENTICATED"));
  pass(5_000);
  expect(await attempt("bad")).toBe("RATE_LIMITED");
  pass(1_000);
  expect(await attempt("bad")).toBe("UNAUTHENTICATED");
});

it("goes on with credentials that were good, from an address where others guess", async () => {
  const { attempt, attempts } = guard();
  expect(await attempt("good")).toBe("found");
  await attempts(20);
  expect([await attempt("good"), await attempt("good 2")]).toEqual(["found", "RATE_LIMITED"]);
});

it("counts neither calls without a credential nor failures of ours", async () => {
  const { attempt } = guard();
  for (let index = 0; index < 30; index += 1) {
    expect(await attempt(null)).toBe("UNAUTHENTICATED");
    expect(await attempt("down")).toBe("SERVICE_UNAVAILABLE");
  }
  expect(await attempt("bad")).toBe("UNAUTHENTICATED");
});

it("counts all addresses of one IPv6 subscriber as one", async () => {
  const { attempt, attempts } = guard();
  await attempts(10, "2001:db8:1:2::1");
  expect([await attempt("bad", "2001:db8:1:2:ffff::9"), await attempt("bad", "2001:db8:1:3::1")]).toEqual([
    "RATE_LIMITED",
    "UNAUTHENTICATED",
  ]);
  expect([networkOf("2001:db8:1:2:3:4:5:6"), networkOf("192.0.2.7"), networkOf(null)]).toEqual(["2001:db8:1:2::", "192.0.2.7", ""]);
});
