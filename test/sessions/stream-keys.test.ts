import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { inTransaction } from "../../src/access/context.ts";
import { startSessions } from "../../src/sessions/start-sessions.ts";
import { createWorld, waitUntil, type World } from "../encoder/world.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

let test: TestDatabase;
let world: World;
beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
});
afterEach(() => world.reset());
afterAll(async () => {
  await world.close();
  await test.close();
});

async function createPushed(customStreamKey: string): Promise<string> {
  const source = { type: "RTMP_PUSH", urlA: null, urlB: null, failover: null, customStreamKey } as const;
  const rest = { srtEncryptionEnabled: false, srtPassphrase: null, hlsScte35PassthroughEnabled: false };
  const [id = ""] = await world.createSessions(1, { source: { ...source, ...rest } });
  return id;
}

async function start(id: string, context = world.context): Promise<string | undefined> {
  const { results } = await startSessions(context, { selection: { ids: [id] }, dryRun: false });
  return results[0]?.outcome;
}

describe("a start that is not through yet", () => {
  it("holds up those of its stream key, and nobody else", async () => {
    const [first, same, other] = [
      await createPushed("the-key-of-two"),
      await createPushed("the-key-of-two"),
      await createPushed("another-key"),
    ];
    const { waiting } = await inTransaction(world.context, "a long bulk start", async (context) => {
      expect(await start(first, context)).toBe("ACCEPTED");
      expect(await start(other)).toBe("ACCEPTED");
      const waiting = start(same);
      await waitUntil(
        () =>
          test.database.executor.execute(
            sql`select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          ),
        (waiters) => waiters.length === 1,
      );
      return { waiting };
    });
    expect(await waiting).toBe("FAILED");
    expect((await world.view([first, same, other])).map(({ status }) => status)).toEqual(["STARTING", "STOPPED", "STARTING"]);
  });
});
