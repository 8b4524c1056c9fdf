import { sql, type SQL } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHANGE_RETENTION_HOURS, CHANGE_RETENTION_ROWS } from "../../src/changes/retention.ts";
import { RETENTION_DAYS, SWEEP_BATCH_ROWS, sweepOldRows } from "../../src/encoder/sweep.store.ts";
import { firstIdentifierOf, type IdentifierKind } from "../../src/shared/identifier.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { readPage } from "../support/pages.ts";
import { DELIVERY_RETENTION_ROWS } from "../../src/webhooks/dispatch.store.ts";
import { createWorld, waitUntil, type World } from "./world.ts";

let test: TestDatabase;
let world: World;
beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
});
afterAll(async () => {
  await world.close();
  await test.close();
});

const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);
const moment = (at: Date | null): SQL => sql`${at?.toISOString() ?? null}::timestamptz`;

/** Identifiers of one moment, for the rows 1 to so many. */
const identifiers = (kind: IdentifierKind, at: Date): SQL =>
  sql`overlay(${firstIdentifierOf(kind, at)} placing lpad(i::text, 8, '0') from ${kind.length + 20}::integer)`;

interface Rows {
  readonly count?: number;
  readonly at: Date;
}

async function insertAlerts({ count = 1, at, endedAt, occurrences = 0 }: Rows & { endedAt: Date | null; occurrences?: number }) {
  await test.database.executor.execute(sql`
    insert into alerts (id, organization_id, subject_id, code, severity, message, first_seen_at, last_seen_at, ended_at, occurrences)
    select ${identifiers("alert", at)}, ${world.context.actor.organizationId}, 'subject', 'INPUT_LOST', 'ERROR', 'Lost.',
      ${moment(at)}, ${moment(at)}, ${moment(endedAt)}, ${occurrences}::integer
    from generate_series(1, ${count}::integer) as i`);
}

async function insertSwitches(sessionId: string, { count = 1, at }: Rows) {
  await test.database.executor.execute(sql`
    insert into input_switches (id, session_id, at, from_path, to_path, reason)
    select ${identifiers("inputswitch", at)}, ${sessionId}, ${moment(at)}, 'A', 'B', 'RECOVERY'
    from generate_series(1, ${count}::integer) as i`);
}

async function insertEntries({ count = 1, at }: Rows) {
  await test.database.executor.execute(sql`
    insert into audit_entries (id, organization_id, at, actor, verb, object_ids, outcome, request_id)
    select ${identifiers("auditentry", at)}, ${world.context.actor.organizationId}, ${moment(at)}, 'key:Test', 'START', '{}', 'ACCEPTED', 'test'
    from generate_series(1, ${count}::integer) as i`);
}

async function count() {
  const [row] = await test.database.executor.execute<{ alerts: number; switches: number; entries: number; telemetry: number }>(sql`
    select (select count(*) from alerts)::integer as alerts, (select count(*) from input_switches)::integer as switches,
      (select count(*) from audit_entries)::integer as entries, (select count(*) from session_telemetry)::integer as telemetry`);
  return row;
}

describe("the sweep", () => {
  it("deletes what is older than it is kept for, a batch at a time, and nothing else", async () => {
    const [session = ""] = await world.createSessions(1);
    const many = SWEEP_BATCH_ROWS + 100;
    await insertAlerts({ count: many, at: daysAgo(120), endedAt: daysAgo(91) });
    await insertSwitches(session, { count: many, at: daysAgo(91) });
    await insertEntries({ count: many, at: daysAgo(366) });
    // These stay.
    await insertAlerts({ at: daysAgo(121), endedAt: null });
    await insertAlerts({ at: daysAgo(122), endedAt: daysAgo(89) });
    await insertAlerts({ at: daysAgo(123), endedAt: daysAgo(91), occurrences: 3 });
    await insertSwitches(session, { at: daysAgo(89) });
    await insertEntries({ at: daysAgo(364) });
    await test.database.executor.execute(sql`
      insert into session_telemetry (session_id, encoder_id, at)
      values ('session_gone', 'encoder_gone', now() - interval '61 seconds'), (${session}, 'encoder_slow', now() - interval '30 seconds')`);

    expect(await sweepOldRows(test.database.executor, new Date())).toBe(true);
    expect(await count()).toEqual({ alerts: 103, switches: 101, entries: 101, telemetry: 1 });
    await world.startReaper();
    await waitUntil(count, (left) => left?.entries === 1);
    expect(await count()).toEqual({ alerts: 3, switches: 1, entries: 1, telemetry: 1 });
    expect(await sweepOldRows(test.database.executor, new Date())).toBe(false);
  });

  it("waits for nobody", async () => {
    await insertEntries({ at: daysAgo(400) });
    const before = await count();
    await test.database.transaction("hold", async (transaction) => {
      await transaction.execute(sql`select id from audit_entries for update`);
      await sweepOldRows(test.database.executor, new Date());
      expect(await count()).toEqual(before);
    });
  });

  it("keeps as long as the documentation says", () => {
    expect(RETENTION_DAYS).toEqual({ endedAlerts: 90, inputSwitches: 90, auditEntries: 365 });
    expect(CHANGE_RETENTION_HOURS).toBe(24);
    expect(readPage("docs/operating.md").text).toContain(
      "Ended alerts and switches of inputs are kept for 90 days, deliveries of webhooks for 30, the audit for a year, changes to resume from for 24 hours",
    );
    const [deliveries, changes] = [DELIVERY_RETENTION_ROWS, CHANGE_RETENTION_ROWS].map((rows) => rows.toLocaleString("en"));
    expect(readPage("docs/operating.md").text).toContain(
      `of deliveries at most the newest ${deliveries} of each webhook, of changes the newest ${changes}`,
    );
  });
});
