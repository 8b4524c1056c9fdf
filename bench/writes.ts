import { SQL, StringChunk } from "drizzle-orm";
import { createBell } from "../src/changes/bell.ts";
import { openChangeLog } from "../src/changes/change-log.ts";
import { openDatabase } from "../src/database/client.ts";
import type { Database, Transaction } from "../src/database/database.ts";
import { createSession } from "../src/sessions/create-sessions.ts";
import { createSessionInput, updateSessionInput } from "../src/sessions/session.input.ts";
import { updateSession } from "../src/sessions/update-session.ts";
import { createLog } from "../src/shared/log.ts";
import { benchContext, openBenchInstallation } from "./installation.ts";
import { alternate, report } from "./measure.ts";

const CLIENTS = 32;
const ROUNDS = 5;
const WRITES_PER_CLIENT = 30;

/** Edits of sessions by 32 clients at once, against the same without a row in the change log, its bell and its reader. */
export async function benchWrites(): Promise<void> {
  const installation = await openBenchInstallation();
  const log = createLog({ level: "silent" });
  const database = openDatabase({ address: installation.address, log, maxConnections: CLIENTS });
  const { organizationId } = installation.context.actor;
  const silent = benchContext(withoutChanges(database), organizationId);
  const telling = { ...silent, database, bell: createBell({ database, log }) };
  const ids: string[] = [];
  for (let client = 0; client < CLIENTS; client += 1) {
    const input = createSessionInput.parse({ name: `Channel ${client}`, source: { type: "SRT_PUSH" }, playbacks: [] });
    const id = await createSession(telling, input);
    if (id === null) throw new Error("No session was made");
    ids.push(id);
  }

  let written = 0;
  const write = (context: typeof telling) => () =>
    Promise.all(
      ids.map(async (id) => {
        for (let count = 0; count < WRITES_PER_CLIENT; count += 1) {
          written += 1;
          await updateSession(context, updateSessionInput.parse({ id, description: `Number ${written}` }));
        }
      }),
    );
  const changes = async (): Promise<number> => {
    const [row] = await installation.bare<{ count: number }[]>`select count(*)::integer as count from changes`;
    return row?.count ?? Number.NaN;
  };
  const before = await changes();
  let reader: Awaited<ReturnType<typeof openChangeLog>> | null = null;
  const stopReading = async (): Promise<void> => {
    await reader?.close();
    reader = null;
  };
  const taken = await alternate(ROUNDS, {
    with: {
      before: async () => {
        reader = await openChangeLog({ database, log });
      },
      work: write(telling),
    },
    without: { before: stopReading, work: write(silent) },
  });
  await stopReading();
  const count = CLIENTS * WRITES_PER_CLIENT;
  const told = (await changes()) - before;
  if (told !== count * (ROUNDS + 1)) throw new Error(`${told} changes were told of ${count * (ROUNDS + 1)}`);
  const perSecond = (milliseconds: number): string => `${Math.round((count / milliseconds) * 1_000)} transactions/s`;
  report(
    `${CLIENTS} clients that edit sessions / the same without the change log, in time`,
    taken.with / taken.without,
    1.11,
    `${perSecond(taken.with)} / ${perSecond(taken.without)}`,
  );
  await database.close();
  await installation.close();
}

/** The same database, but that nothing gets into the log. */
function withoutChanges(database: Database): Database {
  return {
    ...database,
    transaction: (name, work, log) => database.transaction(name, (transaction) => work(withoutInserts(transaction)), log),
  };
}

function withoutInserts(transaction: Transaction): Transaction {
  const execute = (query: Parameters<Transaction["execute"]>[0]): ReturnType<Transaction["execute"]> =>
    isInsert(query) ? (Promise.resolve([]) as unknown as ReturnType<Transaction["execute"]>) : transaction.execute(query);
  return Object.assign(Object.create(transaction) as Transaction, { execute });
}

function isInsert(query: unknown): boolean {
  const [first] = query instanceof SQL ? query.queryChunks : [];
  return first instanceof StringChunk && first.value.includes("insert into changes");
}
