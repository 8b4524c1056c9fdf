import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
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

/** One PostgreSQL for the whole run, one migrated template, and one build for the tests that start the real process. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // An installation from before the newest of them has the driver as it was then.
  spawnSync(process.execPath, ["script/patch-dependencies.js"], { stdio: "inherit" });
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
  build();
  return async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}

/** Types are the type check's business: a part that is being written must not keep the others from being tested. */
function build(): void {
  if (isBuilt()) return;
  const { status } = spawnSync("npm", ["run", "--silent", "build"], { encoding: "utf8" });
  if (status !== 0) console.warn("The build has type errors; see `npm run typecheck`.");
}

/** Whether nothing changed since the last build. */
function isBuilt(): boolean {
  const builtAt = statSync("dist/main.js", { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).map((path) => join("src", path));
  return ["package.json", "script/build-bundle.js", "tsconfig.build.json", ...sources].every((path) => statSync(path).mtimeMs < builtAt);
}

function connectTo({ socketDirectory, ...rest }: SocketAddress) {
  return { ...rest, host: socketDirectory };
}
