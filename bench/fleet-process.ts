// Encoders of a fleet, each with its own identity, connections, bell and reaper as if it were a process of its own; they run no media.
import { once } from "node:events";
import { join } from "node:path";
import { createVault } from "../src/access/vault.ts";
import { createBell } from "../src/changes/bell.ts";
import { openDatabase } from "../src/database/client.ts";
import type { Database } from "../src/database/database.ts";
import type { SocketAddress } from "../src/database/embedded-postgres.ts";
import { UNOBSERVED } from "../src/database/observer.ts";
import { startAgent } from "../src/encoder/agent.ts";
import { claimEncoderIdentity } from "../src/encoder/encoder-identity.ts";
import { startReaper } from "../src/encoder/reaper.ts";
import { createSimulatedRunner, SIMULATED_CAPABILITIES } from "../src/encoder/simulator.ts";
import { systemClock } from "../src/shared/clock.ts";
import { createLog } from "../src/shared/log.ts";
import { BENCH_SECRET_KEY } from "./installation.ts";
import { stampCommits, type Commit } from "./stamp-commits.ts";

export interface FleetTask {
  readonly address: SocketAddress;
  readonly directory: string;
  readonly agents: number;
  /** Sessions of one agent. */
  readonly capacity: number;
}

/** What it is told afterwards: to give what it counted since it was asked before, or to hand its sessions on and end. */
export type FleetOrder = "tell" | "end";

/** What it tells once it is ready, and whenever it is asked. */
export interface FleetReport {
  /** Statements of all agents together, by what they are for. */
  readonly statements: Readonly<Record<StatementKind, number>>;
  readonly commits: readonly Commit[];
}

export type StatementKind = "lease" | "claim" | "telemetry" | "reaper" | "other";

/** As many as an encoder of the product has. */
const CONNECTIONS = 3;

/** By words that only these statements have. */
const WORDS: readonly (readonly [StatementKind, string])[] = [
  ["lease", "update encoders set last_seen_at"],
  ["claim", "with candidates as"],
  ["telemetry", "insert into session_telemetry"],
  ["reaper", "from rolling_restarts"],
];

const log = createLog({ level: "silent" });
const [task] = (await once(process, "message")) as [FleetTask];
let counts = none();
let commits: Commit[] = [];
const closers = await Promise.all(Array.from({ length: task.agents }, (_, index) => startEncoder(`Encoder ${index + 1}`)));
tell();
process.on("message", (order: FleetOrder) => {
  if (order === "tell") tell();
  else void Promise.all(closers.map((close) => close())).then(() => process.exit(0));
});
process.on("disconnect", () => process.exit(1));

function none(): Record<StatementKind, number> {
  return { lease: 0, claim: 0, telemetry: 0, reaper: 0, other: 0 };
}

function tell(): void {
  process.send?.({ statements: counts, commits } satisfies FleetReport);
  counts = none();
  commits = [];
}

async function startEncoder(name: string): Promise<() => Promise<void>> {
  const count = (text: string): void => {
    counts[WORDS.find(([, words]) => text.includes(words))?.[0] ?? "other"] += 1;
  };
  const opened = openDatabase({
    ...{ address: task.address, log, applicationName: "bench encoder", maxConnections: CONNECTIONS },
    observer: { ...UNOBSERVED, statement: (text, run) => (count(text), run()) },
  });
  const database: Database = stampCommits(opened, (commit) => commits.push(commit));
  const bell = createBell({ database, log });
  const reaper = await startReaper({ database, bell, clock: systemClock, log });
  const agent = await startAgent({
    ...{ database, bell, log, name, vault: createVault(BENCH_SECRET_KEY), clock: systemClock, runner: createSimulatedRunner() },
    ...{ capabilities: SIMULATED_CAPABILITIES, identity: await claimEncoderIdentity(join(task.directory, "fleet")), region: "local" },
    ...{ capacity: task.capacity, mediaAddress: null, isSimulated: true, version: "bench" },
  });
  return async () => {
    await agent.close();
    await reaper.close();
    await database.close();
  };
}
