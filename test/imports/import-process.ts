// One import in a process of its own, for tests that kill it: argument 1 is the database's address, 2 the organization, 3 the file.
import { readFileSync } from "node:fs";
import { createVault } from "../../src/access/vault.ts";
import { openDatabase } from "../../src/database/client.ts";
import type { DatabaseAddress } from "../../src/database/connection.ts";
import { importSessionsCsv } from "../../src/imports/import-sessions-csv.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { createLog } from "../../src/shared/log.ts";

const [address = "", organizationId = "", file = ""] = process.argv.slice(2);
const log = createLog({ level: "silent" });
const csv = readFileSync(file, "utf8");
const context = {
  database: openDatabase({ address: JSON.parse(address) as DatabaseAddress, log }),
  clock: systemClock,
  log,
  vault: createVault(Buffer.alloc(32, 7)),
  bell: { ring: () => undefined },
  network: { allowedNetworks: [] },
  defaultRegion: "local",
  assetRetention: { days: null, bytes: null },
  publicUrl: "http://127.0.0.1:4000",
  actor: {
    organizationId,
    accessLevel: "ADMIN" as const,
    name: "key:Test",
    callerId: "test",
    canIntrospect: true,
    credential: { kind: "TOKEN" } as const,
    expiresAt: null,
  },
  ipAddress: null,
  requestId: "test",
};
process.stdout.write("begun\n");
const result = await importSessionsCsv(context, { csv, dryRun: false });
process.stdout.write(`${result.imported}\n`);
process.exit(0);
