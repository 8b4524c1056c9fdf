// An agent in a process of its own, for tests that kill it: argument 1 is the database's address, argument 2 the data directory.
import { createVault } from "../../src/access/vault.ts";
import { createBell } from "../../src/changes/bell.ts";
import { openDatabase } from "../../src/database/client.ts";
import type { DatabaseAddress } from "../../src/database/connection.ts";
import { startAgent } from "../../src/encoder/agent.ts";
import { claimEncoderIdentity } from "../../src/encoder/encoder-identity.ts";
import { startReaper } from "../../src/encoder/reaper.ts";
import { createSimulatedRunner, SIMULATED_CAPABILITIES } from "../../src/encoder/simulator.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { createLog } from "../../src/shared/log.ts";

const log = createLog({ level: "silent" });
const database = openDatabase({ address: JSON.parse(process.argv[2] ?? "") as DatabaseAddress, log });
const bell = createBell({ database, log });
await startReaper({ database, bell, clock: systemClock, log });
const agent = await startAgent({
  database,
  bell,
  log,
  vault: createVault(Buffer.alloc(32, 7)),
  clock: systemClock,
  runner: createSimulatedRunner({ speed: 10 }),
  capabilities: SIMULATED_CAPABILITIES,
  identity: await claimEncoderIdentity(process.argv[3] ?? ""),
  name: `process ${process.pid}`,
  region: "local",
  capacity: 50,
  mediaAddress: null,
  isSimulated: true,
  version: "test",
});
process.stdout.write(`${agent.encoderId()}\n`);
