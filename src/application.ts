import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { loadSecretKey } from "./access/secret-key.ts";
import { createTokenVerifier } from "./access/token-verifier.ts";
import { createVault } from "./access/vault.ts";
import { createAssetOrigin, type AssetOriginOptions } from "./assets/asset-origin.ts";
import { startAssetSweeping } from "./assets/sweep-assets.ts";
import { createServedMedia, type ServedMedia } from "./assets/served-media.ts";
import { prepareEncoder, type PreparedEncoder, type WantedEncoder } from "./application.encoder.ts";
import { STAGES, type Closers, type Installation } from "./application.installation.ts";
import { createBell } from "./changes/bell.ts";
import { openChangeLog } from "./changes/change-log.ts";
import { startSweeping } from "./changes/retention.ts";
import { openDatabase } from "./database/client.ts";
import type { DatabaseAddress } from "./database/connection.ts";
import { findDatabaseServer, startDatabaseServer } from "./database/database-server.ts";
import { migrateDatabase } from "./database/migrate.ts";
import { startAssetSweeper } from "./encoder/asset-sweeper.ts";
import { startAssetUploader } from "./encoder/asset-uploader.ts";
import { startAgent } from "./encoder/agent.ts";
import { startClipMaker } from "./encoder/clip-maker.ts";
import { startReaper } from "./encoder/reaper.ts";
import type { Environment } from "./environment.ts";
import { startStorageAlerts } from "./alerts/keep-storage-alerts.ts";
import { assetRetentionOf, limitsOf, networkPolicyOf, s3SettingsOf, tokenSettingsOf } from "./environment.settings.ts";
import { startEventKeeper } from "./events/event-keeper.ts";
import { openPersistedOperations } from "./graphql/persisted-operations.ts";
import { headendSchema } from "./graphql/schema.ts";
import { openMetrics } from "./observability/metrics.ts";
import { withSpans } from "./observability/spans.ts";
import { startTracing } from "./observability/tracing.ts";
import { ADMIN_KEY_FILE, makeFirstOrganization } from "./organizations/first-start.ts";
import { createGatewayOrigin } from "./origin/gateway-origin.ts";
import { createOrigin } from "./origin/origin.ts";
import { startScheduler } from "./schedules/scheduler.ts";
import { startServer, type RunningServer } from "./server/http.ts";
import { startMediaServer } from "./server/media-http.ts";
import { isVaultOfStoredSecrets } from "./sessions/check-secret-key.ts";
import { systemClock } from "./shared/clock.ts";
import { createLog, type Logger } from "./shared/log.ts";
import { packageVersion } from "./shared/package.ts";
import { StartError } from "./shared/start-error.ts";
import type { Storage } from "./storage/storage.ts";
import { noteViewers } from "./viewers/note-viewers.ts";
import { createViewerCounter } from "./viewers/viewer-counter.ts";
import { startViewerReports } from "./viewers/viewer-reporter.ts";
import { startWebhookDispatcher } from "./webhooks/webhook-dispatcher.ts";

/** An encoder's own, so that busy requests of the same process never hold up a heartbeat. */
const ENCODER_CONNECTIONS = 3;

export interface ApplicationOptions {
  /** Serves the API, and holds the embedded database where there is no other. */
  readonly isGateway: boolean;
  /** Runs sessions: really, as many as the environment says, or as if. Null: none. */
  readonly encoder: WantedEncoder | null;
  /** Told what a first start made, as soon as it is made: a start that then fails has shown its key. */
  readonly onFirstStart?: (firstStart: FirstStart) => void;
}

export interface FirstStart {
  readonly organization: string;
  /** The ADMIN key that was made; null when the environment gave one. */
  readonly newAdminKey: string | null;
  readonly adminKeyFile: string;
}

export interface Application {
  /** The base of the API's addresses; null for an encoder alone. */
  readonly url: string | null;
  /** Takes no more, hands its sessions on, and ends everything it started. Idempotent. */
  readonly close: () => Promise<void>;
}

/** Builds the whole of a process from its environment: the only place that constructs. A start that fails ends what it had started. */
export async function startApplication(environment: Environment, options: ApplicationOptions): Promise<Application> {
  const log = createLog({ level: environment.logLevel });
  const closers: Closers = [];
  let closing: Promise<void> | null = null;
  const close = () => (closing ??= closeAll(closers, log));
  try {
    const installation = await openInstallation({ environment, log, options, closers });
    const firstStart = options.isGateway ? await startFirst(installation) : null;
    if (firstStart) options.onFirstStart?.(firstStart);
    const encoder = options.encoder && (await prepareEncoder(installation, options.encoder, closers));
    const server = await startServing(installation, { options, encoder, closers });
    if (encoder) await startEncoder(installation, { encoder, isGateway: options.isGateway, mediaUrl: server?.url ?? null, closers });
    log.info({ url: server?.url, version: packageVersion() }, "started");
    // Last: nobody should wait for it.
    void server?.warmUp?.();
    return { url: options.isGateway ? (server?.url ?? null) : null, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Goes on where one of them fails. */
async function closeAll(closers: Closers, log: Logger): Promise<void> {
  for (const stage of STAGES) {
    const ends = closers.filter((closer) => closer.stage === stage).map(({ close }) => close());
    for (const end of await Promise.allSettled(ends)) {
      if (end.status === "rejected") log.error({ err: end.reason as unknown }, "a part did not end in order");
    }
  }
}

interface Opening {
  readonly environment: Environment;
  readonly log: Logger;
  readonly options: ApplicationOptions;
  readonly closers: Closers;
}

async function openInstallation({ environment, log, options, closers }: Opening): Promise<Installation> {
  const { dataDirectory, tracesEndpoint: endpoint, tracesShare: share } = environment;
  if (endpoint !== null) {
    closers.push({ stage: "server", close: await startTracing({ endpoint, share, version: packageVersion(), log }) });
  }
  // Root's PostgreSQL runs as another user, who has to pass through.
  await mkdir(dataDirectory, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 }).catch((error: unknown) => {
    throw new StartError(`HEADEND_DATA_DIR is ${dataDirectory}, which cannot be used: ${messageOf(error)}.`);
  });
  const address = await openDatabaseServer({ environment, log, options, closers });
  await migrateDatabase(address).catch((error: unknown) => {
    if (environment.databaseUrl === null || error instanceof StartError) throw error;
    throw new StartError(`The database of DATABASE_URL cannot be used: ${messageOf(error)}.`);
  });
  const metrics = openMetrics({ ofProcess: true });
  const { databaseConnections: maxConnections } = environment;
  const observer = withSpans(metrics.database.observerOf("requests", maxConnections));
  const database = openDatabase({ address, log, applicationName: "headend", maxConnections, observer });
  closers.push({ stage: "databases", close: () => database.close() });
  const vault = createVault(await loadSecretKey(environment.secretKey, dataDirectory));
  if (!(await isVaultOfStoredSecrets(database.executor, vault))) {
    throw new StartError(
      "The secrets in this database were encrypted with another key. Set HEADEND_SECRET_KEY to that of the installation, or bring back its file secret-key.",
    );
  }
  const objectStore = await openObjectStore(environment, closers);
  return { environment, log, clock: systemClock, address, database, vault, bell: createBell({ database, log }), metrics, objectStore };
}

/** Its client is loaded where it is wanted alone: it is larger than all the rest. */
async function openObjectStore(environment: Environment, closers: Closers): Promise<Storage | null> {
  const settings = s3SettingsOf(environment);
  if (settings === null) return null;
  const { createS3Storage } = await import("./storage/s3-storage.ts");
  const objectStore = createS3Storage(settings);
  closers.push({ stage: "workers", close: () => Promise.resolve(objectStore.close()) });
  return objectStore;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function openDatabaseServer({ environment, log, options, closers }: Opening): Promise<DatabaseAddress> {
  const { databaseUrl: url, dataDirectory } = environment;
  if (options.isGateway) {
    const server = await startDatabaseServer({ url, dataDirectory, log, meanwhile: headendSchema });
    closers.push({ stage: "server", close: () => server.close() });
    return server.address;
  }
  const address = findDatabaseServer({ url, dataDirectory });
  if (address !== null) return address;
  throw new StartError(
    `An encoder uses the database of its gateways: set DATABASE_URL to theirs, or HEADEND_DATA_DIR to that of a gateway that runs on this machine (no gateway runs on ${dataDirectory}).`,
  );
}

async function startFirst({ database, environment }: Installation): Promise<FirstStart | null> {
  const adminKeyFile = join(environment.dataDirectory, ADMIN_KEY_FILE);
  const organization = await makeFirstOrganization(database, { adminKey: environment.adminKey, adminKeyFile });
  const newAdminKey = environment.adminKey === null ? (organization?.adminKey ?? null) : null;
  return organization && { organization: organization.name, newAdminKey, adminKeyFile };
}

interface Serving {
  readonly options: ApplicationOptions;
  readonly encoder: PreparedEncoder | null;
  readonly closers: Closers;
}

/** The API of a gateway; of an encoder alone its media; nothing of a simulator. */
async function startServing(installation: Installation, { options, encoder, closers }: Serving): Promise<RunningServer | null> {
  const server = options.isGateway
    ? await startGateway(installation, encoder, closers)
    : encoder && !encoder.isSimulated
      ? await startMediaOnly(installation, encoder)
      : null;
  if (server) closers.push({ stage: "takers", close: () => server.close() });
  return server;
}

async function startMediaOnly(installation: Installation, encoder: PreparedEncoder): Promise<RunningServer> {
  const { environment, database, log, metrics } = installation;
  const { host, port, metricsToken } = environment;
  metrics.showInstallation(database.executor);
  const origin = createOrigin({ mediaRoot: encoder.mediaRoot, signing: installation.vault, clock: installation.clock });
  const assetOrigin = createAssetOrigin(assetServing(installation, createServedMedia(database.executor), encoder));
  return startMediaServer({ host, port, metricsToken, database, log, metrics, origin, assetOrigin });
}

function assetServing({ vault, clock, objectStore }: Installation, media: ServedMedia, own: PreparedEncoder | null): AssetOriginOptions {
  return { signing: vault, clock, media, objectStore, own };
}

async function startGateway(installation: Installation, encoder: PreparedEncoder | null, closers: Closers): Promise<RunningServer> {
  const { environment, log, clock, database, vault, bell, metrics, objectStore } = installation;
  const media = createServedMedia(database.executor);
  const changeLog = await openChangeLog({ database, log, onStep: media.follow, onRead: metrics.changeLog.read });
  closers.push({ stage: "workers", close: () => changeLog.close() });
  const reaper = await startReaper({ database, bell, clock, log });
  closers.push({ stage: "workers", close: () => reaper.close() });
  closers.push({ stage: "workers", close: startSweeping({ database, clock, log }) });
  const dispatcher = await startWebhookDispatcher({
    ...{ database, changeLog, vault, network: networkPolicyOf(environment), clock, log },
    deliveryMilliseconds: environment.webhookSeconds * 1_000,
    onAttempt: metrics.webhooks.attempted,
  });
  closers.push({ stage: "workers", close: () => dispatcher.close() });
  const sweeping = startAssetSweeping({
    ...{ database, bell, clock, log, retention: assetRetentionOf(environment), objectStore },
    everyMilliseconds: environment.assetSweepSeconds * 1_000,
  });
  closers.push({ stage: "workers", close: sweeping.close });
  closers.push({ stage: "workers", close: startStorageAlerts({ database, bell, clock, log }).close });
  metrics.showInstallation(database.executor);
  const tokenSettings = tokenSettingsOf(environment);
  const tokens = tokenSettings && createTokenVerifier(tokenSettings, log);
  closers.push({ stage: "workers", close: async () => tokens?.close() });
  let url = "";
  const base = {
    database,
    clock,
    log,
    vault,
    bell,
    network: networkPolicyOf(environment),
    defaultRegion: environment.region,
    assetRetention: assetRetentionOf(environment),
    // A free port is known only once it is taken.
    get publicUrl() {
      return environment.publicUrl ?? url;
    },
  };
  const viewers = createViewerCounter();
  closers.push({ stage: "workers", close: startViewerReports({ database, log, counter: viewers }) });
  closers.push({ stage: "workers", close: startScheduler(base) });
  closers.push({ stage: "workers", close: startEventKeeper(base) });
  const server = await startServer({
    metrics,
    metricsToken: environment.metricsToken,
    tokens,
    schema: headendSchema(),
    host: environment.host,
    port: environment.port,
    changeLog,
    allowedOrigins: environment.allowedOrigins,
    embedOrigins: environment.embedOrigins,
    trustedProxies: environment.trustedProxies,
    limits: limitsOf(environment),
    operations: openPersistedOperations(environment.persistedOperations),
    originHandler: createGatewayOrigin({
      signing: vault,
      clock,
      executor: database.executor,
      own: encoder,
      onViewed: noteViewers(viewers, environment.trustedProxies),
    }),
    assetHandler: createAssetOrigin(assetServing(installation, media, encoder)),
    base,
  });
  url = server.url;
  return server;
}

interface EncoderStart {
  readonly encoder: PreparedEncoder;
  readonly isGateway: boolean;
  /** The base of the addresses that this process serves its media at; null when it serves none. */
  readonly mediaUrl: string | null;
  readonly closers: Closers;
}

async function startEncoder(installation: Installation, { encoder, isGateway, mediaUrl, closers }: EncoderStart): Promise<void> {
  const { environment, address, log, clock, vault, metrics, objectStore } = installation;
  const observer = withSpans(metrics.database.observerOf("encoder", ENCODER_CONNECTIONS));
  const database = openDatabase({ address, log, applicationName: "headend encoder", maxConnections: ENCODER_CONNECTIONS, observer });
  closers.push({ stage: "databases", close: () => database.close() });
  const bell = createBell({ database, log });
  if (!isGateway) {
    const reaper = await startReaper({ database, bell, clock, log });
    closers.push({ stage: "workers", close: () => reaper.close() });
  }
  const { identity, runner, assets, capabilities, capacity, startLimit, isSimulated, ingestAddresses } = encoder;
  const agent = await startAgent({
    ...{ database, vault, bell, clock, log, identity, runner, assets, capabilities, capacity, startLimit, isSimulated, ingestAddresses },
    isStorageLow: () => encoder.clipTools !== null && encoder.clipTools.storageLevel() !== "PLENTY",
    name: environment.encoderName,
    region: environment.region,
    mediaAddress: isSimulated ? null : (environment.mediaUrl ?? mediaUrl),
    version: packageVersion(),
  });
  encoder.currentId = agent.encoderId;
  if (encoder.clipTools) {
    const { assetRoot, clipTools } = encoder;
    const clips = await startClipMaker({ ...clipTools, database, log, assetRoot, objectStore, encoderId: agent.encoderId, teller: assets });
    closers.push({ stage: "takers", close: clips.close });
  }
  if (!isSimulated) {
    const sweeper = startAssetSweeper({
      ...{ ...encoder, database, bell, clock, log, teller: assets, encoderId: agent.encoderId },
      everyMilliseconds: environment.assetSweepSeconds * 1_000,
    });
    closers.push({ stage: "workers", close: sweeper.close });
  }
  if (objectStore && !isSimulated) {
    const { assetRoot } = encoder;
    const uploader = startAssetUploader({
      ...{ database, bell, clock, log, assetRoot, objectStore, encoderId: agent.encoderId },
      leftMilliseconds: environment.s3LeftSeconds * 1_000,
    });
    closers.push({ stage: "workers", close: uploader.close });
  }
  closers.push({ stage: "takers", close: () => agent.close() });
}
