import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres, { type Sql } from "postgres";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { migrateDatabase } from "../../src/database/migrate.ts";

const MIGRATIONS = new URL("../../drizzle/", import.meta.url).pathname;

let database: string;
let connection: Sql;

const connect = (name: string): Sql => {
  const { socketDirectory, ...rest } = inject("postgres");
  return postgres({ ...rest, host: socketDirectory, database: name, max: 1, onnotice: () => undefined });
};
const administer = async (statement: string): Promise<void> => {
  const administrator = connect("postgres");
  await administrator.unsafe(statement);
  await administrator.end({ timeout: 1 });
};

beforeEach(async () => {
  database = `test_${randomBytes(6).toString("hex")}`;
  await administer(`create database ${database}`);
  connection = connect(database);
});
afterEach(async () => {
  await connection.end({ timeout: 1 });
  await administer(`drop database if exists ${database} with (force)`);
});

/** Brings the database to what it was before a migration. */
async function migrateUntil(name: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "headend-upgrade-"));
  for (const each of readdirSync(MIGRATIONS).filter((folder) => folder < name)) {
    cpSync(join(MIGRATIONS, each), join(directory, each), { recursive: true });
  }
  await migrate(drizzle({ client: connection }), { migrationsFolder: directory });
  rmSync(directory, { recursive: true });
}

it("fills what lists of sessions are found by", async () => {
  await migrateUntil("20261129191330_order_users_of_templates_and_note_edits");
  await connection.unsafe(`
    insert into organizations (id, name, name_key, packages) values ('o', 'O', 'o', '{}');
    insert into templates (id, organization_id, name, name_key, name_order, version) values ('t', 'o', 'T', 't', 't', 3);
    insert into renditions (id, template_id, position, name, is_passthrough, video_codec, width, height, video_bitrate_kbps, frame_rate,
      audio_codec, audio_bitrate_kbps)
    values ('r1', 't', 0, '720p', false, 'H264', 1280, 720, 3000, 29.97, 'AAC', 128), ('r2', 't', 1, 'source', true, null, null, null, null, null, null, null);
    insert into sessions (id, organization_id, stream_id, name, name_key, name_order, search_text, region, labels, input_type, desired_status, status)
    select id, 'o', id, id, id, id || ' 1', '', 'local', '{}', 'SRT_PUSH', desired, status from (values
      ('ladder', 'RUNNING', 'WAITING'), ('failed', 'RUNNING', 'FAILED'), ('stopped', 'STOPPED', 'STOPPED'), ('same', 'RUNNING', 'RUNNING'),
      ('process', 'RUNNING', 'RUNNING'), ('removed', 'RUNNING', 'RUNNING'), ('untouched', 'RUNNING', 'RUNNING')) s (id, desired, status);
    insert into playbacks (id, session_id, position, name, name_key, type, template_id, urls, path_token, started_renditions, started_template_version)
    select 'p' || id, id, 0, 'a', 'a', 'HTTP', 't', '{}', id, jsonb_build_array(
      jsonb_build_object('id', 'r9', 'name', '720p', 'isPassthrough', false, 'videoCodec', 'H264', 'width', 1280, 'height', 720,
        'videoBitrateKbps', case when id in ('ladder', 'failed', 'stopped') then 2500 else 3000 end, 'frameRate', 29.97,
        'audioCodec', 'AAC', 'audioBitrateKbps', 128),
      jsonb_build_object('id', 'r8', 'name', 'source', 'isPassthrough', true)), 2 from sessions;
    insert into processes (id, organization_id, session_id, playback_id, rendition_id, kind, is_enabled, interval_seconds, is_removed, path_token,
      directory_token, started_settings)
    select 'c' || id, 'o', id, 'p' || id, 'r1', 'THUMBNAIL', true, case id when 'process' then 20 else 10 end, id = 'removed', id, id,
      '{"isEnabled": true, "intervalSeconds": 10, "durationSeconds": null}' from sessions where id in ('process', 'removed', 'untouched')`);
  await migrateDatabase({ ...inject("postgres"), database });
  expect(await connection`select id from sessions where has_edits order by id`).toEqual([
    { id: "ladder" },
    { id: "process" },
    { id: "removed" },
  ]);
  expect(await connection`select session_id from playbacks where session_name_order <> session_id || ' 1'`).toEqual([]);
});
