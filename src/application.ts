import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { loadSecretKey } from "./access/secret-key.ts";
import { createTokenVerifier } from "./access/token-verifier.ts";
import { createVault, type Vault } from "./access/vault.ts";
import { createBell, type Bell } from "./changes/bell.ts";
import { openChangeLog } from "./changes/change-log.ts";
import { startSweeping } from "./changes/retention.ts";
import { openDatabase } from "./database/client.ts";
import type { DatabaseAddress } from "./database/connection.ts";
import type { Database } from "./database/database.ts";
import { findDatabaseServer, startDatabaseServer } from "./database/database-server.ts";
import { migrateDatabase } from "./database/migrate.ts";
import { startAgent } from "./encoder/agent.ts";
import { createAssetTeller } from "./encoder/asset-teller.ts";
import { claimEncoderIdentity, type EncoderIdentity } from "./encoder/encoder-identity.ts";
import type { IngestAddresses, SupportedTypes } from "./encoder/encoder.rules.ts";
import { openRealEncoder } from "./encoder/real-encoder.ts";
import { startReaper } from "./encoder/reaper.ts";
import type { StartRunner } from "./encoder/runner.ts";
import { createSimulatedRunner, SIMULATED_CAPABILITIES } from "./encoder/simulator.ts";
import type { Environment } from "./environment.ts";
import { limitsOf, networkPolicyOf, tokenSettingsOf } from "./environment.settings.ts";
import { buildHeadendSchema } from "./graphql/schema.ts";
import { readImageBytes } from "./images/image.store.ts";
import { openMetrics, type Metrics } from "./observability/metrics.ts";
import { withSpans } from "./observability/spans.ts";
import { startTracing } from "./observability/tracing.ts";
import { makeFirstOrganization } from "./organizations/first-start.ts";
import { createGatewayOrigin } from "./origin/gateway-origin.ts";
import { createOrigin } from "./origin/origin.ts";
import { startServer, type RunningServer } from "./server/http.ts";
import { startMediaServer } from "./server/media-http.ts";
import { isVaultOfStoredSecrets } from "./sessions/check-secret-key.ts";
import { systemClock, type Clock } from "./shared/clock.ts";
import { createLog, type Logger } from "./shared/log.ts";
import { packageVersion } from "./shared/package.ts";
import { StartError } from "./shared/start-error.ts";
import { startWebhookDispatcher } from "./webhooks/webhook-dispatcher.ts";

const ADMIN_KEY_FILE = "admin-key";
/** FILE outputs are written below it. */
const RECORDINGS_DIRECTORY = "recordings";
/** An encoder's own, so that busy requests of the same process never hold up a heartbeat. */
const ENCODER_CONNECTIONS = 3;

export interface ApplicationOptions {
  /** Serves the API, and holds the embedded database where there is no other. */
  readonly isGateway: boolean;
  /** Runs sessions: really, as many as the environment says, or as if. Null: none. */
  readonly encoder: { readonly kind: "REAL" } | { readonly kind: "SIMULATED"; readonly capacity: number } | null;
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

/** Everything that the parts share. */
interface Installation {
  readonly environment: Environment;
  readonly log: Logger;
  readonly clock: Clock;
  readonly address: DatabaseAddress;
  readonly database: Database;
  readonly vault: Vault;
  readonly bell: Bell;
  readonly metrics: Metrics;
}

/** What ends together, in the order of the end: who takes work, who reads and writes by themselves, and what all of them use. */
const STAGES = ["takers", "workers", "databases", "server"] as const;

type Closers = { readonly stage: (typeof STAGES)[number]; readonly close: () => Promise<void> }[];

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
  return { environment, log, clock: systemClock, address, database, vault, bell: createBell({ database, log }), metrics };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function openDatabaseServer({ environment, log, options, closers }: Opening): Promise<DatabaseAddress> {
  const { databaseUrl: url, dataDirectory } = environment;
  if (options.isGateway) {
    const server = await startDatabaseServer({ url, dataDirectory, log });
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

/** An encoder that is not registered yet. */
interface PreparedEncoder {
  readonly identity: EncoderIdentity;
  readonly runner: StartRunner;
  readonly capabilities: SupportedTypes;
  readonly capacity: number;
  readonly isSimulated: boolean;
  /** Where its outputs are for players. */
  readonly mediaRoot: string;
  /** Where senders push to. */
  readonly ingestAddresses: IngestAddresses;
  /** Its id by now: it takes another one when it finds that a copy of it runs elsewhere. */
  currentId: () => string;
}

async function prepareEncoder(
  { environment, log, database }: Installation,
  encoder: NonNullable<ApplicationOptions["encoder"]>,
  closers: Closers,
): Promise<PreparedEncoder> {
  const { dataDirectory } = environment;
  const identity = await claimEncoderIdentity(dataDirectory);
  closers.push({ stage: "databases", close: () => identity.release() });
  const mediaRoot = join(identity.directory, "media");
  const common = { identity, mediaRoot, currentId: () => identity.encoderId };
  if (encoder.kind === "SIMULATED") {
    return {
      ...common,
      isSimulated: true,
      ingestAddresses: {},
      capacity: encoder.capacity,
      runner: createSimulatedRunner(),
      capabilities: SIMULATED_CAPABILITIES,
    };
  }
  const media = await openRealEncoder({
    ...environment,
    directory: identity.directory,
    mediaRoot,
    fileRoot: join(dataDirectory, RECORDINGS_DIRECTORY),
    networkPolicy: networkPolicyOf(environment),
    assetTeller: createAssetTeller(),
    storageLevel: () => "PLENTY",
    readImage: (imageId) => readImageBytes(database.executor, imageId),
    log,
  });
  closers.push({ stage: "workers", close: () => media.close() });
  return { ...common, ...media, isSimulated: false, capacity: environment.encoderCapacity };
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

async function startMediaOnly(installation: Installation, { mediaRoot }: PreparedEncoder): Promise<RunningServer> {
  const { environment, database, log, metrics } = installation;
  const { host, port, metricsToken } = environment;
  metrics.showInstallation(database.executor);
  return startMediaServer({ host, port, metricsToken, database, log, metrics, origin: createOrigin({ mediaRoot }) });
}

async function startGateway(installation: Installation, encoder: PreparedEncoder | null, closers: Closers): Promise<RunningServer> {
  const { environment, log, clock, database, vault, bell, metrics } = installation;
  const changeLog = await openChangeLog({ database, log, onRead: metrics.changeLog.read });
  closers.push({ stage: "workers", close: () => changeLog.close() });
  const reaper = await startReaper({ database, bell, clock, log });
  closers.push({ stage: "workers", close: () => reaper.close() });
  closers.push({ stage: "workers", close: startSweeping({ database, clock, log }) });
  const dispatcher = await startWebhookDispatcher({ database, changeLog, vault, network: networkPolicyOf(environment), clock, log });
  closers.push({ stage: "workers", close: () => dispatcher.close() });
  metrics.showInstallation(database.executor);
  const tokenSettings = tokenSettingsOf(environment);
  const tokens = tokenSettings && createTokenVerifier(tokenSettings, log);
  closers.push({ stage: "workers", close: async () => tokens?.close() });
  let url = "";
  const server = await startServer({
    metrics,
    metricsToken: environment.metricsToken,
    tokens,
    schema: buildHeadendSchema(),
    host: environment.host,
    port: environment.port,
    changeLog,
    allowedOrigins: environment.allowedOrigins,
    trustedProxies: environment.trustedProxies,
    limits: limitsOf(environment),
    originHandler: createGatewayOrigin({ executor: database.executor, own: encoder }),
    base: {
      database,
      clock,
      log,
      vault,
      bell,
      network: networkPolicyOf(environment),
      defaultRegion: environment.region,
      // A free port is known only once it is taken.
      get publicUrl() {
        return environment.publicUrl ?? url;
      },
    },
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
  const { environment, address, log, clock, vault, metrics } = installation;
  const observer = withSpans(metrics.database.observerOf("encoder", ENCODER_CONNECTIONS));
  const database = openDatabase({ address, log, applicationName: "headend encoder", maxConnections: ENCODER_CONNECTIONS, observer });
  closers.push({ stage: "databases", close: () => database.close() });
  const bell = createBell({ database, log });
  if (!isGateway) {
    const reaper = await startReaper({ database, bell, clock, log });
    closers.push({ stage: "workers", close: () => reaper.close() });
  }
  const { identity, runner, capabilities, capacity, isSimulated, ingestAddresses } = encoder;
  const agent = await startAgent({
    ...{ database, vault, bell, clock, log, identity, runner, capabilities, capacity, isSimulated, ingestAddresses },
    name: environment.encoderName,
    region: environment.region,
    mediaAddress: isSimulated ? null : (environment.mediaUrl ?? mediaUrl),
    version: packageVersion(),
  });
  encoder.currentId = agent.encoderId;
  closers.push({ stage: "takers", close: () => agent.close() });
}
