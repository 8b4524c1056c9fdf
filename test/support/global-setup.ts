import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres, type SocketAddress } from "../../src/database/embedded-postgres.ts";
import { migrateDatabase } from "../../src/database/migrate.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The PostgreSQL of this run; its database `template_migrated` is what every test database is cloned from. */
    readonly postgres: SocketAddress;
  }
}

/** One PostgreSQL for the whole run, one migrated template, and the build of what tests start as a process of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  spawnSync(process.execPath, ["script/bring-up-to-date.js"], { stdio: "inherit" });
  const directory = mkdtempSync(join(tmpdir(), "headend-test-"));
  chmodSync(directory, 0o711);
  const server = await startEmbeddedPostgres({
    dataDirectory: join(directory, "postgres"),
    isDurable: false,
    settings: { max_connections: "500", shared_buffers: "256MB", max_prepared_transactions: "0" },
  });
  const admin = postgres({ ...connectTo(server.address), max: 1, onnotice: () => undefined });
  await admin.unsafe("create database template_migrated");
  await admin.end();
  await migrateDatabase({ ...server.address, database: "template_migrated" });
  project.provide("postgres", server.address);
  return async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}

function connectTo({ socketDirectory, ...rest }: SocketAddress) {
  return { ...rest, host: socketDirectory };
}
