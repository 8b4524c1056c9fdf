import { randomBytes } from "node:crypto";
import { createApiKey } from "../../src/access/create-api-key.ts";
import type { CallContext, Context } from "../../src/access/context.ts";
import { AccessLevel } from "../../src/access/level.rules.ts";
import type { TokenVerifier } from "../../src/access/token-verifier.ts";
import { createVault } from "../../src/access/vault.ts";
import { createAssetOrigin, type AssetOriginOptions } from "../../src/assets/asset-origin.ts";
import { createServedMedia } from "../../src/assets/served-media.ts";
import { createBell } from "../../src/changes/bell.ts";
import { openChangeLog, type ChangeLog } from "../../src/changes/change-log.ts";
import { openDatabase, type DatabaseOptions } from "../../src/database/client.ts";
import type { Database } from "../../src/database/database.ts";
import { openMetrics, type Metrics } from "../../src/observability/metrics.ts";
import { openPersistedOperations, type PersistedMode } from "../../src/graphql/persisted-operations.ts";
import { headendSchema } from "../../src/graphql/schema.ts";
import { createOrganization } from "../../src/organizations/create-organization.ts";
import { startServer } from "../../src/server/http.ts";
import type { CallLimitSettings } from "../../src/limits/call-limits.ts";
import type { OriginHandler } from "../../src/origin/origin.ts";
import { required } from "../../src/shared/assert.ts";
import { systemClock, type Clock } from "../../src/shared/clock.ts";
import { createLog, type Logger } from "../../src/shared/log.ts";
import { createGraphqlClient, type GraphqlClient } from "./clients.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";

export interface TestServerOptions {
  /** The database of another test server, so that both are gateways of one installation. */
  readonly share?: TestServer;
  /** A migrated database that the test made itself. */
  readonly address?: TestDatabase["address"];
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly allowedOrigins?: readonly string[];
  readonly embedOrigins?: readonly string[];
  readonly allowedNetworks?: readonly string[];
  readonly trustedProxies?: readonly string[];
  readonly originHandler?: OriginHandler;
  /** What it serves of assets, shares and stills; left out, of no encoder of its own. */
  readonly assets?: Partial<Pick<AssetOriginOptions, "own" | "objectStore">>;
  readonly assetRetention?: Context["assetRetention"];
  readonly tokens?: TokenVerifier;
  readonly limits?: Partial<CallLimitSettings>;
  readonly persistedOperations?: PersistedMode;
  readonly metricsToken?: string;
  /** Told every statement, but for bells. */
  readonly onStatement?: DatabaseOptions["onStatement"];
  readonly changeLog?: { readonly ringRowLimit?: number; readonly pollMilliseconds?: number };
}

/** A caller of a test server: an organization's key and what it can do with it. */
export interface TestCaller extends GraphqlClient {
  readonly key: string;
  readonly organizationId: string;
  /** The verbs' context of this caller, for what has no operation. */
  readonly context: Context;
}

/** A real gateway on a free port of loopback, with a database of its own; no encoder runs. It is a caller: the ADMIN of its first organization. */
export interface TestServer extends TestCaller {
  readonly url: string;
  readonly database: Database;
  readonly address: TestDatabase["address"];
  readonly changeLog: ChangeLog;
  readonly metrics: Metrics;
  /** A key of another level, of the same organization. */
  readonly callerOfLevel: (level: AccessLevel) => Promise<TestCaller>;
  /** The ADMIN of a new organization. */
  readonly otherOrganization: () => Promise<TestCaller>;
  readonly warmUp: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const SCHEMA = headendSchema();

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { share } = options;
  const clone = share || options.address ? null : await createTestDatabase();
  const address = required(share?.address ?? options.address ?? clone?.address, "address");
  const log = options.log ?? createLog({ level: "silent" });
  const metrics = openMetrics({ ofProcess: false });
  const observer = metrics.database.observerOf("requests", 10);
  const database = openDatabase({ address, log, observer, ...(options.onStatement && { onStatement: options.onStatement }) });
  const bell = createBell({ database, log });
  const media = createServedMedia(database.executor);
  const changeLog = await openChangeLog({ database, log, onStep: media.follow, onRead: metrics.changeLog.read, ...options.changeLog });
  metrics.showInstallation(database.executor);
  const base: Omit<Context, keyof CallContext> = {
    database,
    clock: options.clock ?? systemClock,
    log,
    vault: createVault(Buffer.alloc(32, 7)),
    bell,
    network: { allowedNetworks: options.allowedNetworks ?? ["127.0.0.0/8"] },
    defaultRegion: "local",
    assetRetention: options.assetRetention ?? { days: null, bytes: null },
    publicUrl: "http://127.0.0.1:4000",
  };
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    schema: SCHEMA,
    changeLog,
    base,
    allowedOrigins: options.allowedOrigins ?? [],
    embedOrigins: options.embedOrigins ?? [],
    trustedProxies: options.trustedProxies ?? [],
    limits: options.limits ?? {},
    operations: openPersistedOperations(options.persistedOperations ?? "allow"),
    originHandler: options.originHandler ?? null,
    assetHandler: createAssetOrigin({ signing: base.vault, clock: base.clock, media, own: null, objectStore: null, ...options.assets }),
    tokens: options.tokens ?? null,
    metrics,
    metricsToken: options.metricsToken ?? null,
  });
  const clients: TestCaller[] = [];

  function callerWith(key: string, organizationId: string, accessLevel: AccessLevel): TestCaller {
    const actor = {
      organizationId,
      accessLevel,
      name: "key:Test",
      callerId: "test",
      canIntrospect: true,
      credential: { kind: "TOKEN" } as const,
      expiresAt: null,
    };
    const caller = {
      ...createGraphqlClient(server.url, key),
      key,
      organizationId,
      context: { ...base, actor, ipAddress: null, requestId: "test" },
    };
    clients.push(caller);
    return caller;
  }

  async function otherOrganization(): Promise<TestCaller> {
    const { id, adminKey } = await createOrganization(database, `Test ${randomBytes(6).toString("hex")}`, {
      packages: ["LIVE_PROCESSING", "EVENTS"],
    });
    return callerWith(adminKey, id, AccessLevel.ADMIN);
  }

  const first = share ? callerWith(share.key, share.organizationId, AccessLevel.ADMIN) : await otherOrganization();
  return {
    ...first,
    url: server.url,
    database,
    address,
    changeLog,
    metrics,
    async callerOfLevel(accessLevel) {
      const { key } = await createApiKey(first.context, { name: `Test ${randomBytes(6).toString("hex")}`, accessLevel });
      return callerWith(key, first.organizationId, accessLevel);
    },
    otherOrganization,
    warmUp: server.warmUp,
    async stop() {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
      await changeLog.close();
      await database.close();
      await clone?.drop();
    },
  };
}
