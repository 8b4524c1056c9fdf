import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import type { Context } from "../src/access/context.ts";
import { createVault } from "../src/access/vault.ts";
import { openDatabase } from "../src/database/client.ts";
import type { Database } from "../src/database/database.ts";
import { startEmbeddedPostgres, type SocketAddress } from "../src/database/embedded-postgres.ts";
import { migrateDatabase } from "../src/database/migrate.ts";
import { createOrganization } from "../src/organizations/create-organization.ts";
import { systemClock } from "../src/shared/clock.ts";
import { createLog } from "../src/shared/log.ts";
import { createTemplate } from "../src/templates/create-template.ts";
import { createTemplateInput } from "../src/templates/template.input.ts";

/** An empty installation on an embedded PostgreSQL, with one organization and its template `One`. */
export interface Installation {
  readonly context: Context;
  readonly address: SocketAddress;
  /** The process that the others of PostgreSQL are children of. */
  readonly postgresPid: number;
  /** A bare client of the same driver, with one connection. */
  readonly bare: Sql;
  readonly adminKey: string;
  /** Its own, for whatever else needs a place. */
  readonly directory: string;
  readonly close: () => Promise<void>;
}

export async function openBenchInstallation(onStatement: () => void = () => undefined): Promise<Installation> {
  const directory = mkdtempSync(join(tmpdir(), "headend-bench-"));
  chmodSync(directory, 0o711);
  const server = await startEmbeddedPostgres({ dataDirectory: join(directory, "postgres") });
  const { socketDirectory, ...address } = server.address;
  const bare = postgres({ ...address, host: socketDirectory, max: 1, onnotice: () => undefined });
  await migrateDatabase(server.address);
  const database = openDatabase({ address: server.address, log: LOG, onStatement });
  const { id, adminKey } = await createOrganization(database, "Bench", { packages: [] });
  const context = benchContext(database, id);
  await createTemplate(context, createTemplateInput.parse({ name: "One", renditions: [{ name: "source", isPassthrough: true }] }));
  return {
    context,
    address: server.address,
    postgresPid: server.pid,
    bare,
    adminKey,
    directory,
    async close() {
      await bare.end();
      await database.close();
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const LOG = createLog({ level: "silent" });

/** What its secrets are encrypted with. */
export const BENCH_SECRET_KEY = Buffer.alloc(32, 7);

/** A context of an ADMIN of the organization. */
export function benchContext(database: Database, organizationId: string): Context {
  return {
    database,
    clock: systemClock,
    log: LOG,
    vault: createVault(BENCH_SECRET_KEY),
    bell: { ring: () => undefined },
    network: { allowedNetworks: [] },
    defaultRegion: "local",
    assetRetention: { days: null, bytes: null },
    publicUrl: "http://127.0.0.1:4000",
    actor: {
      organizationId,
      accessLevel: "ADMIN",
      name: "key:Bench",
      callerId: "bench",
      canIntrospect: true,
      credential: { kind: "TOKEN" },
      expiresAt: null,
    },
    ipAddress: null,
    requestId: "bench",
  };
}
