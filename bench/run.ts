// Runs every measurement, or those named on the command line; `main.ts` compiles it first.
import { benchBulk } from "./bulk.ts";
import { benchCsv } from "./csv.ts";
import { benchFleet } from "./fleet.ts";
import { benchMedia } from "./media.ts";
import { benchPageQuery } from "./page-query.ts";
import { benchProcesses } from "./processes.ts";
import { benchRefusals } from "./refusals.ts";
import { benchStartup } from "./startup.ts";
import { benchSubscribers } from "./subscribers.ts";
import { benchWrites } from "./writes.ts";

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  bulk: benchBulk,
  csv: benchCsv,
  fleet: benchFleet,
  media: benchMedia,
  "page-query": benchPageQuery,
  processes: benchProcesses,
  refusals: benchRefusals,
  startup: benchStartup,
  subscribers: benchSubscribers,
  writes: benchWrites,
};

const wanted = process.argv.slice(2);
for (const [name, run] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`# ${name}`);
  await run();
}
process.exit(0);
