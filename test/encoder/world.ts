import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import type { Context } from "../../src/access/context.ts";
import { createVault, type Vault } from "../../src/access/vault.ts";
import { createBell } from "../../src/changes/bell.ts";
import type { Database } from "../../src/database/database.ts";
import { startAgent, type Agent, type AgentOptions } from "../../src/encoder/agent.ts";
import { claimEncoderIdentity } from "../../src/encoder/encoder-identity.ts";
import { startReaper, type ReaperOptions } from "../../src/encoder/reaper.ts";
import { createSimulatedRunner, SIMULATED_CAPABILITIES } from "../../src/encoder/simulator.ts";
import { createOrganization } from "../../src/organizations/create-organization.ts";
import { restartSessions } from "../../src/sessions/restart-sessions.ts";
import type { PlaybackDraft, SessionDraft } from "../../src/sessions/session.draft.ts";
import { insertSessions } from "../../src/sessions/session.insert.ts";
import { startSessions } from "../../src/sessions/start-sessions.ts";
import { stopSessions } from "../../src/sessions/stop-sessions.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { createLog } from "../../src/shared/log.ts";

export const TEST_SECRET_KEY = Buffer.alloc(32, 7);
export const silentLog = createLog({ level: "silent" });

export interface SessionView {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly desired_status: string;
  readonly health: string;
  readonly status_reason: string | null;
  readonly generation: number;
  readonly epoch: number;
  readonly encoder_id: string | null;
  readonly running_since: string | null;
  readonly playback_statuses: readonly string[];
  /** Whether it waits for its turn in a rolling restart, or is taking it. */
  readonly is_queued: boolean;
}

export interface LoggedChange {
  readonly object_id: string;
  readonly before: { readonly status: string; readonly health: string };
  readonly after: { readonly status: string; readonly health: string };
}

/** An organization with templates in a database, its verbs, and agents on request. */
export interface World {
  readonly context: Context;
  readonly vault: Vault;
  readonly createSessions: (count: number, draft?: Partial<SessionDraft>, playback?: Partial<PlaybackDraft>) => Promise<readonly string[]>;
  readonly start: (ids: readonly string[]) => Promise<void>;
  readonly stop: (ids: readonly string[]) => Promise<void>;
  readonly restart: (ids: readonly string[], maxConcurrent?: number) => Promise<void>;
  readonly view: (ids?: readonly string[]) => Promise<readonly SessionView[]>;
  /** In the order of the log. */
  readonly statusChanges: (id: string) => Promise<readonly LoggedChange[]>;
  readonly startAgent: (options?: Partial<AgentOptions>) => Promise<Agent>;
  readonly startReaper: (options?: Partial<ReaperOptions>) => Promise<void>;
  /** Deletes all sessions, and closes the agents and reapers that are left. */
  readonly reset: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly dataDirectory: string;
}

/** `organizationId`: of one that is there, such as a test server's; else it makes one of its own. */
export async function createWorld(database: Database, organizationId?: string): Promise<World> {
  const vault = createVault(TEST_SECRET_KEY);
  const bell = createBell({ database, log: silentLog });
  const dataDirectory = mkdtempSync(join(tmpdir(), "headend-encoder-"));
  const organization = {
    id: organizationId ?? (await createOrganization(database, `Encoder tests ${newIdentifier("organization")}`)).id,
  };
  const context: Context = {
    database,
    vault,
    bell,
    clock: systemClock,
    log: silentLog,
    network: { allowedNetworks: ["127.0.0.0/8"] },
    defaultRegion: "local",
    assetRetention: { days: null, bytes: null },
    publicUrl: "http://127.0.0.1:4000",
    actor: {
      organizationId: organization.id,
      accessLevel: "ADMIN",
      name: "key:Test",
      callerId: "test",
      canIntrospect: true,
      credential: { kind: "TOKEN" },
      expiresAt: null,
    },
    ipAddress: null,
    requestId: "test",
  };
  const templateId = await insertTemplate(database, organization.id);
  const closers: (() => Promise<void>)[] = [];
  let created = 0;

  async function closeAll(): Promise<void> {
    await Promise.all(closers.splice(0).map((close) => close()));
  }

  return {
    context,
    vault,
    dataDirectory,
    async createSessions(count, draft = {}, playback = {}) {
      const drafts = Array.from({ length: count }, () => toDraft(`Channel ${(created += 1)}`, templateId, draft, playback));
      return database.transaction("create", async (transaction) => {
        const { sessions } = await insertSessions({ ...context, transaction }, drafts, "CREATE");
        return (sessions ?? []).map((session) => session.id);
      });
    },
    start: async (ids) => void (await startSessions(context, { selection: { ids }, dryRun: false })),
    stop: async (ids) => void (await stopSessions(context, { selection: { ids }, dryRun: false })),
    restart: async (ids, maxConcurrent) => void (await restartSessions(context, { selection: { ids }, dryRun: false, maxConcurrent })),
    view: (ids) => viewSessions(database, ids),
    async statusChanges(id) {
      const rows = await database.executor.execute<LoggedChange & Record<string, unknown>>(
        sql`select object_id, before, after from changes where object_id = ${id} and kind = 'STATUS_CHANGED' order by id`,
      );
      return [...rows];
    },
    async startAgent(options = {}) {
      const agent = await startAgent({
        database,
        vault,
        bell,
        clock: systemClock,
        log: silentLog,
        runner: createSimulatedRunner({ speed: 10 }),
        capabilities: SIMULATED_CAPABILITIES,
        identity: options.identity ?? (await claimEncoderIdentity(dataDirectory)),
        name: "test encoder",
        region: "local",
        capacity: 100,
        mediaAddress: null,
        version: "test",
        ...options,
      });
      closers.push(() => agent.close());
      return agent;
    },
    async startReaper(options = {}) {
      const reaper = await startReaper({ database, bell, clock: systemClock, log: silentLog, ...options });
      closers.push(reaper.close);
    },
    async reset() {
      await closeAll();
      await database.executor.execute(sql`delete from sessions`);
      await database.executor.execute(sql`delete from runs`);
      await database.executor.execute(sql`delete from encoders`);
    },
    async close() {
      await closeAll();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

function toDraft(name: string, templateId: string, draft: Partial<SessionDraft>, playback: Partial<PlaybackDraft>): SessionDraft {
  return {
    name,
    description: null,
    region: "local",
    externalId: null,
    labels: [],
    slatesEnabled: false,
    streamRemap: [],
    source: {
      type: "SRT_PULL",
      urlA: "srt://127.0.0.1:9000?passphrase=correct-horse-battery",
      urlB: null,
      failover: null,
      customStreamKey: null,
      srtEncryptionEnabled: false,
      srtPassphrase: null,
      hlsScte35PassthroughEnabled: false,
    },
    playbacks: [
      {
        name: "Web",
        type: "HTTP",
        templateId,
        urls: [],
        hlsEnabled: true,
        dashEnabled: true,
        serviceProvider: null,
        programNumber: null,
        fileFormat: null,
        maxFileDurationSeconds: null,
        ...playback,
      },
    ],
    ...draft,
  };
}

async function insertTemplate(database: Database, organizationId: string): Promise<string> {
  const id = newIdentifier("template");
  await database.executor.execute(sql`
    insert into templates (id, organization_id, name, name_key, name_order) values (${id}, ${organizationId}, 'Ladder', 'ladder', 'ladder')`);
  await database.executor.execute(sql`
    insert into renditions (id, template_id, position, name, is_passthrough, video_codec, width, height, video_bitrate_kbps, frame_rate,
      audio_codec, audio_bitrate_kbps)
    values (${newIdentifier("rendition")}, ${id}, 0, '720p', false, 'H264', 1280, 720, 3000, 25, 'AAC', 128)`);
  return id;
}

async function viewSessions(database: Database, ids?: readonly string[]): Promise<readonly SessionView[]> {
  const rows = await database.executor.execute<SessionView & Record<string, unknown>>(sql`
    select s.id, s.name, s.status, s.desired_status, s.health, s.status_reason, s.generation, s.epoch::integer, s.encoder_id, s.running_since,
      array(select p.status from playbacks p where p.session_id = s.id order by p.position) as playback_statuses,
      exists (select from rolling_restarts r where r.session_id = s.id) as is_queued
    from sessions s where ${ids === undefined ? sql`true` : sql`s.id = any(${sql.param([...ids])}::text[])`} order by s.id`);
  return [...rows];
}

/** Asks again and again until the answer fits, and fails with the last answer when it never does. */
export async function waitUntil<T>(ask: () => Promise<T> | T, fits: (answer: T) => boolean, deadlineMilliseconds = 8000): Promise<T> {
  const end = performance.now() + deadlineMilliseconds;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (performance.now() > end) throw new Error(`Not within ${deadlineMilliseconds} ms: ${JSON.stringify(answer)?.slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export function allAre(status: string): (views: readonly SessionView[]) => boolean {
  return (views) => views.length > 0 && views.every((view) => view.status === status);
}
