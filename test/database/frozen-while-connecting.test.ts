import { afterAll, beforeAll, expect, it } from "vitest";
import { openConnections } from "../../src/database/connection.ts";
import { startOwnPostgres, type OwnPostgres } from "../support/own-postgres.ts";
import { childrenOf } from "../support/process-list.ts";

const CONNECTIONS = 20;
const ROUNDS = 6;

let postgres: OwnPostgres;
beforeAll(async () => {
  postgres = await startOwnPostgres();
});
afterAll(async () => {
  signalAll("SIGCONT");
  await postgres.close();
});

/** Backends come and go while connections are made. */
function signalAll(signal: "SIGSTOP" | "SIGCONT"): void {
  for (const pid of [postgres.server.pid, ...childrenOf(postgres.server.pid)]) {
    try {
      process.kill(pid, signal);
    } catch {
      // It went.
    }
  }
}

it("a PostgreSQL that freezes while connections are being made leaves no rejection without a handler", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", note);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const client = openConnections(postgres.server.address, { applicationName: "freeze", maxConnections: CONNECTIONS });
      const answers = Array.from({ length: CONNECTIONS }, () => client.unsafe("select array['a', 'b'] as letters").catch(() => null));
      // The moment moves from round to round, since each connection asks about array types for a moment only.
      await new Promise((resolve) => setTimeout(resolve, 5 + round * 6));
      signalAll("SIGSTOP");
      await client.end({ timeout: 0 });
      await Promise.all(answers);
      signalAll("SIGCONT");
    }
    const client = openConnections(postgres.server.address, { applicationName: "after", maxConnections: 1 });
    expect((await client.unsafe("select array['a', 'b'] as letters"))[0]).toEqual({ letters: ["a", "b"] });
    await client.end();
  } finally {
    process.off("unhandledRejection", note);
  }
  expect(unhandled).toEqual([]);
});
