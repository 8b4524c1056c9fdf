import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Actor } from "../../src/access/actor.ts";
import { watchCredentials } from "../../src/server/credential-watch.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { createLog } from "../../src/shared/log.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

const DAY_MILLISECONDS = 86_400_000;

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await test.close();
});

it("ends what outlives its credential at its end, further away than a timer reaches, and not before", () => {
  const watch = watchCredentials({ database: test.database, clock: systemClock, log: createLog({ level: "silent" }) });
  const actor: Actor = {
    ...{ organizationId: "organization_1", accessLevel: "VIEWER", name: "jwt:ada", callerId: "1", canIntrospect: true },
    ...{ credential: { kind: "TOKEN" }, expiresAt: new Date(Date.now() + 60 * DAY_MILLISECONDS) },
  };
  const [end, left] = [vi.fn(), vi.fn()];
  watch.add(actor, end);
  watch.add(actor, left)();
  vi.advanceTimersByTime(59 * DAY_MILLISECONDS);
  expect(end).not.toHaveBeenCalled();
  vi.advanceTimersByTime(DAY_MILLISECONDS);
  expect(end).toHaveBeenCalledTimes(1);
  expect(left).not.toHaveBeenCalled();
  watch.close();
});
