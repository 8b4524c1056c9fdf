import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Context } from "../../src/access/context.ts";
import { inTransaction } from "../../src/access/context.ts";
import { createSessions } from "../../src/sessions/create-sessions.ts";
import { compileSessionFilter, type SessionFilter } from "../../src/sessions/session.filter.ts";
import { ladderJson, noteEdits } from "../../src/sessions/pending-changes.store.ts";
import { createSessionsInput } from "../../src/sessions/session.input.ts";
import { Health, InputType, SessionStatus } from "../../src/sessions/session.rules.ts";
import { selectSessionStates, findSessionIds } from "../../src/sessions/session.store.ts";
import { sessions } from "../../src/sessions/session.table.ts";
import { createTestContext, insertTemplate } from "../support/context.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

let test: TestDatabase;
let context: Context;
let ids: readonly string[];
let templateIds: readonly string[];

const NAMES = [
  "Channel 1",
  "channel 10",
  "CHANNEL 2",
  "İstanbul",
  "istanbul",
  "Straße",
  "ＡＢＣ",
  "Café",
  "100% _ \\ percent",
  "Ωmega",
  "Ö",
];

beforeAll(async () => {
  test = await openTestDatabase();
  context = await createTestContext(test.database);
  templateIds = [await insertTemplate(context, "One"), await insertTemplate(context, "Two")];
  const input = createSessionsInput.parse({
    sessions: NAMES.map((name, index) => ({
      name,
      description: index % 2 ? `Description of ${name}` : null,
      externalId: index % 3 ? `external-${index}` : null,
      labels: ["sport", "News", "ä"].slice(0, index % 4),
      source: index % 2 ? { type: "MULTICAST_PULL", urlA: "udp://239.1.0.134:5000" } : { type: "RTMP_PUSH" },
      playbacks: index % 5 ? [{ name: "web", type: "HTTP", hlsEnabled: true, templateId: templateIds[index % 2] }] : [],
    })),
  });
  ids = (await createSessions(context, input)).ids;
  await inTransaction(context, "set statuses", async ({ transaction }) => {
    const { eq } = await import("drizzle-orm");
    for (const [index, id] of ids.entries()) {
      const status = Object.values(SessionStatus)[index % 6] ?? "STOPPED";
      const health = Object.values(Health)[index % 3] ?? "OK";
      const desiredStatus = index % 2 ? "RUNNING" : "STOPPED";
      await transaction
        .update(sessions)
        .set({ status, health, desiredStatus, openAlertCount: index % 4 })
        .where(eq(sessions.id, id));
    }
    // One of the templates is by now another one than what was started with it.
    const started = sql`case when t.name = 'Two' then '[]'::jsonb else ${ladderJson} end`;
    await transaction.execute(sql`
      update playbacks p set started_template_version = 0, started_renditions = ${started} from templates t
      where t.id = p.template_id and p.session_id = any(${sql.param([...ids])}::text[])`);
    await noteEdits(transaction, ids);
  });
});

afterAll(() => test.close());

/** Like `fc.option`, with absence told both ways. */
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 2 });

it("means the same sessions in SQL and for the change log", async () => {
  const states = await selectSessionStates(test.database.executor, ids);
  expect(new Set([...states.values()].map(({ hasPendingChanges }) => hasPendingChanges))).toEqual(new Set([true, false]));
  const someOf = <T>(values: readonly T[]) => maybe(fc.subarray([...values]));
  const filters: fc.Arbitrary<SessionFilter> = fc.record({
    ids: someOf(ids),
    excludeIds: someOf(ids),
    names: someOf([...NAMES.map((name) => ` ${name.toUpperCase()}`), "nobody"]),
    externalIds: someOf(["external-1", "external-2", "external-99"]),
    streamIds: someOf([...states.values()].map((state) => state.streamId)),
    labels: someOf(["sport", "News", "news", "ä"]),
    search: maybe(fc.constantFrom("channel", "CHANNEL 1", "of", "ß", "i", "İ", "%", "_", "\\", "external-", "ö", "", "abc", "news")),
    status: someOf(Object.values(SessionStatus)),
    health: someOf(Object.values(Health)),
    inputType: someOf(Object.values(InputType)),
    templateId: maybe(fc.constantFrom(...templateIds, "template_none")),
    hasPendingChanges: maybe(fc.boolean()),
    hasOpenAlert: maybe(fc.boolean()),
  });
  await fc.assert(
    fc.asyncProperty(filters, async (filter) => {
      const { organizationId } = context.actor;
      const found = await findSessionIds(test.database.executor, { organizationId, filter, limit: 100 });
      const matches = compileSessionFilter(filter);
      const expected = [...states].filter(([id, state]) => matches(id, state)).map(([id]) => id);
      expect([...found].sort()).toEqual(expected.sort());
    }),
    { numRuns: 300 },
  );
});

it("looks at a filter's values once, however many sessions it is asked about", async () => {
  const states = await selectSessionStates(test.database.executor, ids);
  let looks = 0;
  const names = new Proxy([...NAMES], {
    get(target, key, receiver): unknown {
      looks += 1;
      return Reflect.get(target, key, receiver);
    },
  });
  const matches = compileSessionFilter({ names, excludeIds: names, externalIds: null });
  const looksToCompile = looks;
  expect([...states].filter(([id, state]) => matches(id, state))).toHaveLength(NAMES.length);
  expect(looks).toBe(looksToCompile);
});

it("orders by name as people do: numbers by value, letter case and accents aside", async () => {
  const { organizationId } = context.actor;
  const found = await findSessionIds(test.database.executor, { organizationId, filter: { search: "channel" }, limit: 100 });
  const states = await selectSessionStates(test.database.executor, found);
  expect(found.map((id) => states.get(id)?.name)).toEqual(["Channel 1", "CHANNEL 2", "channel 10"]);
});
