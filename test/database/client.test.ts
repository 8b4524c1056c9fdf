import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/database/client.ts";
import { createLog } from "../../src/shared/log.ts";
import { organizations } from "../../src/organizations/organization.table.ts";
import { sqlState } from "../../src/database/sql-state.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

let test: TestDatabase;
beforeAll(async () => void (test = await openTestDatabase()));
afterAll(() => test.close());

function organization(id: string, nameKey: string) {
  return { id, name: nameKey, nameKey, packages: [] };
}

describe("transaction", () => {
  it("commits what its work wrote and gives its result", async () => {
    const result = await test.database.transaction("create", async (transaction) => {
      await transaction.insert(organizations).values(organization("organization_1", "one"));
      return "done";
    });
    expect(result).toBe("done");
    expect(await test.database.executor.$count(organizations, sql`name_key = 'one'`)).toBe(1);
  });

  it("rolls back when its work throws", async () => {
    const refused = test.database.transaction("create", async (transaction) => {
      await transaction.insert(organizations).values(organization("organization_2", "two"));
      throw new Error("refused");
    });
    await expect(refused).rejects.toThrow("refused");
    expect(await test.database.executor.$count(organizations, sql`name_key = 'two'`)).toBe(0);
  });

  it("says that a constraint was violated, and no value of a row", async () => {
    const create = (id: string) =>
      test.database.transaction("create", (each) => each.insert(organizations).values(organization(id, "three")));
    await create("organization_3");
    const error: unknown = await create("organization_4").catch((reason: unknown) => reason);
    expect(sqlState(error)).toBe("23505");
    expect(String(error)).not.toContain("organization_4");
  });
});

it.each([
  (url: string) => url,
  (url: string) => {
    const { hostname, username, port, pathname } = new URL(url);
    return `postgresql://${username}@localhost:${port}${pathname}?host=${hostname}`;
  },
])("takes a URL that names a socket", async (form) => {
  const database = openDatabase({ address: form(test.url), log: createLog({ level: "silent" }) });
  try {
    expect(await database.executor.execute(sql`select current_setting('application_name') as name`)).toEqual([{ name: "headend" }]);
  } finally {
    await database.close();
  }
});
