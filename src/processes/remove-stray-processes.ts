import type { SQL } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import { appendChanges } from "../changes/append-changes.ts";
import { processChanges } from "./process.state.ts";
import { deleteProcesses, ofPlaybacks, ofSessions, strayed } from "./process.store.ts";

/** Removes the processes of sessions, a list in SQL, that stand on renditions which their playbacks are not encoded with any more. */
export async function removeStrayProcesses(context: TransactionContext, sessionIds: SQL): Promise<void> {
  await removeAll(context, strayed(sessionIds));
}

/** Removes the processes of playbacks that are about to be deleted: their rows would go in silence. */
export async function removeProcessesOfPlaybacks(context: TransactionContext, playbackIds: readonly string[]): Promise<void> {
  await removeAll(context, ofPlaybacks(playbackIds));
}

/** The same for sessions. */
export async function removeProcessesOfSessions(context: TransactionContext, sessionIds: readonly string[]): Promise<void> {
  await removeAll(context, ofSessions(sessionIds));
}

async function removeAll(context: TransactionContext, condition: SQL): Promise<void> {
  const steps = await deleteProcesses(context.transaction, condition);
  await appendChanges(context.transaction, processChanges(steps, { at: context.clock.now(), actor: context.actor.name }));
}
