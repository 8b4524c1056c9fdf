import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { newApiKey } from "../../src/access/api-key.rules.ts";
import { apiKeys } from "../../src/access/api-key.table.ts";
import { authenticate, type Door } from "../../src/access/authenticate.ts";
import { createOrganization } from "../../src/organizations/create-organization.ts";
import { setPackages } from "../../src/organizations/set-packages.ts";
import { createJoinCalls } from "../../src/shared/join-calls.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

let test: TestDatabase;
let door: Door;
beforeAll(async () => {
  test = await openTestDatabase();
  door = { database: test.database, clock: systemClock, joinLookups: createJoinCalls(), tokens: null, attendees: async () => null };
});
afterAll(() => test.close());

async function lastUse(id: string): Promise<Date | null | undefined> {
  const [row] = await test.database.executor.select({ at: apiKeys.lastUsedAt }).from(apiKeys).where(eq(apiKeys.id, id));
  return row?.at;
}

describe("organizations", () => {
  it("come with a first ADMIN key that authenticates", async () => {
    const made = await createOrganization(test.database, "  Acme  ", { packages: ["EVENTS"] });
    expect(made.name).toBe("Acme");
    const actor = await authenticate(door, `Bearer ${made.adminKey}`);
    expect(actor).toMatchObject({ organizationId: made.id, accessLevel: "ADMIN", name: "key:First admin key", expiresAt: null });
  });

  it("take the key that automation brings", async () => {
    const adminKey = newApiKey();
    await createOrganization(test.database, "Automated", { adminKey });
    expect((await authenticate(door, `Bearer ${adminKey}`)).accessLevel).toBe("ADMIN");
    await expect(createOrganization(test.database, "Mistyped", { adminKey: `${adminKey.slice(0, -1)}!` })).rejects.toThrow(/headend key/);
  });

  it("have names of their own, and only one is made of two at once", async () => {
    const attempts = await Promise.allSettled([createOrganization(test.database, "Twin"), createOrganization(test.database, "TWIN ")]);
    expect(attempts.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(createOrganization(test.database, " ")).rejects.toThrow(/INVALID_VALUE/);
  });

  it("get packages switched, also two at once", async () => {
    await createOrganization(test.database, "Switched");
    await Promise.all([
      setPackages(test.database, { name: "switched", enable: ["EVENTS"] }),
      setPackages(test.database, { name: "Switched", enable: ["LIVE_PROCESSING"] }),
    ]);
    const both = await setPackages(test.database, { name: "Switched", enable: ["EVENTS"] });
    expect(both.packages).toEqual(["EVENTS", "LIVE_PROCESSING"]);
    expect((await setPackages(test.database, { name: "Switched", disable: ["EVENTS", "LIVE_PROCESSING"] })).packages).toEqual([]);
    await expect(setPackages(test.database, { name: "nobody" })).rejects.toThrow(/NOT_FOUND/);
  });
});

describe("authenticate", () => {
  it("gives one answer to every wrong credential", async () => {
    const { adminKey } = await createOrganization(test.database, "Wrong");
    const revoked = await createOrganization(test.database, "Revoked");
    const expired = await createOrganization(test.database, "Expired");
    await test.database.executor.update(apiKeys).set({ revokedAt: new Date() }).where(eq(apiKeys.organizationId, revoked.id));
    await test.database.executor
      .update(apiKeys)
      .set({ expiresAt: new Date(0) })
      .where(eq(apiKeys.organizationId, expired.id));
    const wrong = [
      ...[null, "", "Bearer", "Bearer ", adminKey, `Basic ${adminKey}`, `Bearer ${adminKey} x`, `Bearer ${adminKey.slice(0, -1)}`],
      ...[
        `Bearer ${newApiKey()}`,
        `Bearer ${revoked.adminKey}`,
        `Bearer ${expired.adminKey}`,
        "Bearer \u0000",
        `Bearer ${"x".repeat(10_000)}`,
      ],
    ];
    const answers = await Promise.all(wrong.map((header) => authenticate(door, header).catch((error: unknown) => error)));
    for (const answer of answers) expect(answer).toMatchObject({ code: "UNAUTHENTICATED", message: (answers[0] as Error).message });
    expect((await authenticate(door, `bearer  ${adminKey}`)).accessLevel).toBe("ADMIN");
  });

  it("lets a key go at its end, by the clock", async () => {
    const { id, adminKey } = await createOrganization(test.database, "Ending");
    const expiresAt = new Date("2030-01-01T00:00:00Z");
    await test.database.executor.update(apiKeys).set({ expiresAt }).where(eq(apiKeys.organizationId, id));
    const at = (text: string) => authenticate({ ...door, clock: { now: () => new Date(text) } }, `Bearer ${adminKey}`);
    expect((await at("2029-12-31T23:59:59.999Z")).expiresAt).toEqual(expiresAt);
    await expect(at("2030-01-01T00:00:00Z")).rejects.toThrow();
  });

  it("ends a revoked key with its next request", async () => {
    const { id, adminKey } = await createOrganization(test.database, "Next request");
    await authenticate(door, `Bearer ${adminKey}`);
    await test.database.executor.update(apiKeys).set({ revokedAt: new Date() }).where(eq(apiKeys.organizationId, id));
    await expect(authenticate(door, `Bearer ${adminKey}`)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("notes the use of a key once a minute", async () => {
    const { adminKey } = await createOrganization(test.database, "Noted");
    const use = (second: number) =>
      authenticate({ ...door, clock: { now: () => new Date(Date.UTC(2030, 0, 1, 0, 0, second)) } }, `Bearer ${adminKey}`);
    const { callerId } = await use(0);
    await vi.waitFor(async () => expect(await lastUse(callerId)).toEqual(new Date(Date.UTC(2030, 0, 1))));
    for (const second of [1, 30, 60]) await use(second);
    await use(61);
    await vi.waitFor(async () => expect(await lastUse(callerId)).toEqual(new Date(Date.UTC(2030, 0, 1, 0, 1, 1))));
  });
});
