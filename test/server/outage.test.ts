import { afterAll, beforeAll, expect, it } from "vitest";
import { migrateDatabase } from "../../src/database/migrate.ts";
import { CreateSessionDocument, SessionChangesDocument } from "../generated/documents.ts";
import { startOwnPostgres, type OwnPostgres } from "../support/own-postgres.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let postgres: OwnPostgres;
let server: TestServer;
beforeAll(async () => {
  postgres = await startOwnPostgres();
  await migrateDatabase(postgres.server.address);
  server = await startTestServer({ address: postgres.server.address });
});
afterAll(async () => {
  await server.stop();
  await postgres.close();
});

const status = async (path: string) => (await fetch(`${server.url}${path}`)).status;

async function createSession(name: string): Promise<void> {
  const input = { name, source: { type: "SRT_PULL", urlA: "srt://127.0.0.1:9000" }, playbacks: [] } as const;
  const { createSession: payload } = await server.graphql(CreateSessionDocument, { input: { ...input, playbacks: [] } });
  expect(payload.userErrors).toEqual([]);
}

async function takesAtMost<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const result = await work();
  expect(Date.now() - started).toBeLessThan(milliseconds);
  return result;
}

it("answers in time while PostgreSQL is frozen, and its subscriptions go on afterwards", async () => {
  const changes = server.subscribe(SessionChangesDocument, { snapshot: true });
  expect((await changes.next()).sessionChanges.kind).toBe("SNAPSHOT_END");
  postgres.signal("SIGSTOP");
  try {
    expect(await takesAtMost(3_000, () => status("/readyz"))).toBe(503);
    const answer = await takesAtMost(5_000, () => server.ask("{ changeCursor }"));
    expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
    expect(await status("/livez")).toBe(200);
  } finally {
    postgres.signal("SIGCONT");
  }
  await expect.poll(() => status("/readyz"), { timeout: 5_000 }).toBe(200);
  await createSession("After the frost");
  expect((await changes.next()).sessionChanges.session?.name).toBe("After the frost");
});

it("tells every change through restarts of PostgreSQL, on the same socket", async () => {
  const changes = server.subscribe(SessionChangesDocument, { snapshot: true });
  await changes.until(({ sessionChanges }) => sessionChanges.kind === "SNAPSHOT_END");
  const names: string[] = [];
  for (let round = 1; round <= 3; round += 1) {
    await createSession(`Before restart ${round}`);
    await postgres.restart();
    await expect.poll(() => status("/readyz"), { timeout: 5_000 }).toBe(200);
    await createSession(`After restart ${round}`);
    names.push(`Before restart ${round}`, `After restart ${round}`);
  }
  const told = await changes.until(({ sessionChanges }) => sessionChanges.session?.name === names.at(-1));
  expect(told.map(({ sessionChanges }) => sessionChanges.session?.name)).toEqual(names);
});
