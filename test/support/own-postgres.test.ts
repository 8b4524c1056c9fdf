import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import postgres from "postgres";
import { ENDINGS, startOwnPostgres, type OwnPostgres } from "./own-postgres.ts";
import { isAlive } from "./process-list.ts";
import { nextOutput, startNode } from "./tied.ts";

let own: OwnPostgres | null = null;
afterEach(async () => {
  await own?.close();
  own = null;
});

it("a frozen PostgreSQL does not outlive a test run that is killed", async () => {
  const holder = startNode(["--import", "tsx", "test/support/frozen-holder.ts"]);
  const pid = Number(await nextOutput(holder));
  expect(isAlive(pid)).toBe(true);
  holder.kill("SIGKILL");
  await once(holder, "exit");
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
});

describe("whatever ends it", () => {
  it.each(ENDINGS)("%s: it comes back with all that was committed", async (ending) => {
    own = await startOwnPostgres({ isDurable: true });
    const connect = () => {
      const { socketDirectory, ...rest } = own!.server.address;
      return postgres({ ...rest, host: socketDirectory, max: 1, onnotice: () => undefined });
    };
    const before = connect();
    await before`create table notes (text text)`;
    await before`insert into notes values ('committed')`;
    await own.restart(ending);
    await before.end({ timeout: 0 });
    const after = connect();
    expect([...(await after`select text from notes`)]).toEqual([{ text: "committed" }]);
    await after.end();
  });
});
