import { sql } from "drizzle-orm";
import { openDatabase } from "../src/database/client.ts";
import { registerEncoder } from "../src/encoder/encoder.store.ts";
import { SIMULATED_CAPABILITIES } from "../src/encoder/simulator.ts";
import { importSessionsCsv } from "../src/imports/import-sessions-csv.ts";
import type { SessionBulkInput } from "../src/sessions/bulk.ts";
import { deleteSessions } from "../src/sessions/delete-sessions.ts";
import { startSessions } from "../src/sessions/start-sessions.ts";
import { stopSessions } from "../src/sessions/stop-sessions.ts";
import { createLog } from "../src/shared/log.ts";
import { writeBare, type BulkVerbName } from "./bulk.bare.ts";
import { sessionsFile, uploadOf } from "./files.ts";
import { startGateway } from "./gateway-process.ts";
import { openBenchInstallation, type Installation } from "./installation.ts";
import { alternate, report } from "./measure.ts";

const ROUNDS = 5;
const FEW = 1_000;
const MANY = 10_000;
/** More points than anybody spends. */
const QUOTA = "999999999";
const BEAT_MILLISECONDS = 500;
const STAND_IN = "encoder_standin";
/** As the log names whoever has the first key of an organization. */
const CALLER = "key:First admin key";

/** What the verbs find. */
const TABLES = ["sessions", "playbacks", "runs"] as const;
const VERBS = { start: startSessions, stop: stopSessions, delete: deleteSessions } as const;

/** Start, stop and delete of 1,000 and of 10,000 sessions through the API, against the bare statements that write the same rows. */
export async function benchBulk(): Promise<void> {
  let statements = 0;
  const installation = await openBenchInstallation(() => (statements += 1));
  const leave = await standIn(installation);
  const gateway = await startGateway(installation, { HEADEND_RATE_LIMIT: QUOTA, HEADEND_RATE_LIMIT_BURST: QUOTA });
  try {
    const ids = await makeSessions(installation);
    for (const verb of ["start", "stop", "delete"] as const) {
      await keepState(installation);
      const place = { installation, url: gateway.url, verb };
      await compareRows(place, ids.slice(0, FEW));
      await measure(place, { few: ids.slice(0, FEW), many: ids.slice(FEW) });
      await restoreState(installation);
      statements = 0;
      await VERBS[verb](installation.context, { selection: { ids: ids.slice(FEW) }, dryRun: false });
      const ofMany = statements;
      statements = 0;
      await VERBS[verb](installation.context, { selection: { ids: ids.slice(0, FEW) }, dryRun: false });
      console.log(`     statements to ${verb}: ${statements} for ${FEW}, ${ofMany} for ${MANY}`);
      await settle(installation);
    }
  } finally {
    gateway.process.kill("SIGKILL");
    await leave();
    await installation.close();
  }
}

interface Place {
  readonly installation: Installation;
  /** Of the gateway. */
  readonly url: string;
  readonly verb: BulkVerbName;
}

/** Acts on the few and then on the many of the same tables, which are as new before each round of each side. */
async function measure(place: Place, { few, many }: { readonly few: readonly string[]; readonly many: readonly string[] }): Promise<void> {
  const { installation, verb } = place;
  const before = (): Promise<void> => restoreState(installation);
  const taken = await alternate(ROUNDS, {
    bareFew: { before, work: () => actBare(place, few) },
    bareMany: { work: () => actBare(place, many) },
    few: { before, work: () => act(place, few) },
    many: { work: () => act(place, many) },
  });
  const show = (milliseconds: number): string => `${Math.round(milliseconds)} ms`;
  report(`${verb} of ${FEW} / bare statements`, taken.few / taken.bareFew, 2, `${show(taken.few)} / ${show(taken.bareFew)}`);
  report(`${verb} of ${MANY} / bare statements`, taken.many / taken.bareMany, 2, `${show(taken.many)} / ${show(taken.bareMany)}`);
  report(`${verb} of ${MANY} / of ${FEW}`, taken.many / taken.few, MANY / FEW, `bare: ${(taken.bareMany / taken.bareFew).toFixed(2)}`);
}

async function act({ installation, url, verb }: Place, ids: readonly string[]): Promise<void> {
  const input: SessionBulkInput = { selection: { ids }, dryRun: false };
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${installation.adminKey}` },
    body: JSON.stringify({
      query: `mutation ($input: SessionBulkInput!) { answer: ${verb}Sessions(input: $input) { acceptedCount cursor results { id outcome } userErrors { message } } }`,
      variables: { input },
    }),
  });
  const text = await response.text();
  const { data } = JSON.parse(text) as { data?: { answer: { acceptedCount: number } } | null };
  if (data?.answer.acceptedCount !== ids.length) throw new Error(`Not all were accepted: ${text.slice(0, 500)}`);
}

async function actBare({ installation: { bare, context }, verb }: Place, ids: readonly string[]): Promise<void> {
  await writeBare(bare, verb, { organizationId: context.actor.organizationId, actor: CALLER }, ids);
}

/** Both sides have to write the same, ids and times aside. */
async function compareRows(place: Place, ids: readonly string[]): Promise<void> {
  const written: string[] = [];
  for (const side of [act, actBare]) {
    await restoreState(place.installation);
    await side(place, ids);
    written.push(await writtenRows(place.installation));
  }
  if (written[0] !== written[1]) throw new Error(`The bare statements to ${place.verb} write other rows`);
}

async function writtenRows({ bare }: Installation): Promise<string> {
  const rows = await bare`
    select
      (select md5(string_agg((to_jsonb(s) - '{status_changed_at,last_command_at,last_seen_at}'::text[])::text, '' order by s.id)) from sessions s) as sessions,
      (select md5(string_agg(to_jsonb(p)::text, '' order by p.id)) from playbacks p) as playbacks,
      (select md5(string_agg((to_jsonb(r) - '{id,started_at}'::text[])::text, '' order by r.session_name)) from runs r) as runs,
      (select md5(string_agg((to_jsonb(c) - '{id,transaction,at}'::text[])::text, '' order by c.id)) from changes c) as changes,
      (select md5(string_agg((to_jsonb(a) - '{id,at,request_id}'::text[])::text, '')) from audit_entries a) as audit`;
  return JSON.stringify(rows);
}

/** Sessions as they are made, and those that the verbs act on; the ids. */
async function makeSessions({ context, bare }: Installation): Promise<readonly string[]> {
  const { imported } = await importSessionsCsv(context, { file: uploadOf(sessionsFile(FEW + MANY)), dryRun: false });
  if (!imported) throw new Error("The import was refused");
  return (await bare<{ id: string }[]>`select id from sessions order by name_order`).map(({ id }) => id);
}

/** The tables as they are now are what the verb finds whenever they are restored. */
async function keepState({ bare }: Installation): Promise<void> {
  await bare.unsafe(`drop schema if exists kept cascade; create schema kept`);
  for (const table of TABLES) await bare.unsafe(`create table kept.${table} as select * from ${table}`);
}

/** Written anew, without dead rows, and looked through as autovacuum would, so that no round begins otherwise than another one. */
async function restoreState({ bare }: Installation): Promise<void> {
  await bare.unsafe(`truncate sessions, runs, changes, audit_entries cascade`);
  for (const table of TABLES) await bare.unsafe(`insert into ${table} select * from kept.${table}`);
  for (const table of TABLES) await bare.unsafe(`vacuum analyze ${table}`);
}

/** What an encoder would have made of the sessions by now. */
async function settle({ bare }: Installation): Promise<void> {
  await bare.unsafe(`
    update sessions set status = 'RUNNING', encoder_id = '${STAND_IN}', epoch = 1, running_since = now() where status = 'STARTING';
    update playbacks set status = 'RUNNING' where status = 'STARTING';
    update runs set ended_at = now(), end_reason = 'Stopped.' where session_id in (select id from sessions where status = 'STOPPING');
    update sessions set status = 'STOPPED', encoder_id = null, running_since = null where status = 'STOPPING';
    update playbacks set status = 'STOPPED' where status = 'STOPPING'`);
}

/** An encoder that has room for all and does nothing, so that nobody works beside what is measured; gives what ends it. */
async function standIn({ address }: Installation): Promise<() => Promise<void>> {
  const database = openDatabase({ address, log: createLog({ level: "silent" }), maxConnections: 1 });
  await database.transaction("register", (transaction) =>
    registerEncoder(transaction, {
      ...{ id: STAND_IN, name: "Stand-in", region: "local", isSimulated: true, mediaAddress: null, ingestAddresses: {} },
      ...{ capacity: 10 * MANY, capabilities: SIMULATED_CAPABILITIES, version: "bench" },
    }),
  );
  const beat = sql`update encoders set last_seen_at = clock_timestamp(), status = 'ONLINE'`;
  // Nothing is sent of a statement that nobody waits for.
  const beats = setInterval(() => void database.executor.execute(beat).then(() => undefined), BEAT_MILLISECONDS);
  return async () => {
    clearInterval(beats);
    await database.close();
  };
}
