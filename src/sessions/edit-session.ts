import { eq, sql } from "drizzle-orm";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import type { Transaction } from "../database/database.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { required } from "../shared/assert.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { logSessionChanges } from "./session.changes.ts";
import { Verb } from "./session.rules.ts";
import { readSessionContent } from "./session-content.store.ts";
import { searchText, type SessionState } from "./session.state.ts";
import { lockSession, selectSessionStates, type SessionRow } from "./session.store.ts";
import { sessions } from "./session.table.ts";
import { decideEdit } from "./session.transitions.ts";

export interface SessionEdit {
  readonly id: string;
  readonly expectedVersion?: number | null | undefined;
  /** Where in the input the id stands, for refusals. */
  readonly idPath: readonly string[];
  /** Whether the input or the playbacks are touched, which wants a session that nothing runs on. */
  readonly needsStopped: boolean;
  /** What its last command and the audit call it; UPDATE when left out. */
  readonly verb?: Verb;
  /** What the audit names beside the session. */
  readonly objectIds?: readonly string[];
}

/**
 * The frame of every edit of one session: locks it, refuses what may not be edited, runs `edit`, counts the version up, and
 * writes what became of it to the change log.
 */
export async function editSession(
  context: Context | TransactionContext,
  { id, expectedVersion, idPath, needsStopped, verb = Verb.UPDATE, objectIds = [] }: SessionEdit,
  edit: (context: TransactionContext, session: SessionRow) => Promise<void>,
): Promise<string> {
  return inTransaction(context, "edit session", async (transactionContext) => {
    const { transaction, actor } = transactionContext;
    const session = isIdentifier("session", id) ? await lockSession(transaction, actor.organizationId, id) : null;
    if (!session) throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no session with this id.", path: idPath });
    refuseOldVersion(session, expectedVersion);
    refuseUneditable(session, { needsStopped, idPath });
    const before = await selectState(transactionContext, id);
    if (await hasEdited(transactionContext, { id, verb }, (editContext) => edit(editContext, session))) {
      const after = await selectState(transactionContext, id);
      await markEdited(transactionContext, { id, verb, after });
      await logSessionChanges(transactionContext, "UPDATED", [{ id, before, after }]);
    }
    await recordAudit(transactionContext, { verb, objectIds: [...objectIds, id] });
    return id;
  });
}

/** Rolls an edit back that came to nothing. */
class NothingEdited extends Error {
  override readonly name = "NothingEdited";
}

/**
 * Runs an edit, and tells whether it changed anything. One that did not is taken back, down to the secrets that it sealed anew: the
 * version stays, so that nobody else's edit is refused for it. A secret that is rotated is, whatever its new value.
 */
async function hasEdited(
  context: TransactionContext,
  { id, verb }: { readonly id: string; readonly verb: Verb },
  edit: (context: TransactionContext) => Promise<void>,
): Promise<boolean> {
  if (verb !== Verb.UPDATE) {
    await edit(context);
    return true;
  }
  const before = await readSessionContent(context, id);
  try {
    await context.transaction.transaction(async (transaction) => {
      const editContext = { ...context, transaction: transaction as Transaction };
      await edit(editContext);
      if ((await readSessionContent(editContext, id)) === before) throw new NothingEdited();
    });
  } catch (error) {
    if (error instanceof NothingEdited) return false;
    throw error;
  }
  return true;
}

function refuseOldVersion(session: SessionRow, expectedVersion: number | null | undefined): void {
  if (expectedVersion === null || expectedVersion === undefined || expectedVersion === session.version) return;
  throw new Refusal({
    code: UserErrorCode.VERSION_CONFLICT,
    message: `The session is at version ${session.version} by now. Read it again before you write.`,
    path: ["input", "expectedVersion"],
    conflictingId: session.id,
  });
}

function refuseUneditable(session: SessionRow, { needsStopped, idPath: path }: Pick<SessionEdit, "needsStopped" | "idPath">): void {
  const isOfEvent = session.eventId !== null;
  if (!needsStopped && !isOfEvent) return;
  const decision = decideEdit({ status: session.status, desiredStatus: session.desiredStatus, playbackCount: 0, isOfEvent });
  if (decision.outcome !== "ACCEPTED") throw new Refusal({ code: decision.code, message: decision.message, path });
}

async function selectState({ transaction }: TransactionContext, id: string): Promise<SessionState> {
  const states = await selectSessionStates(transaction, [id]);
  return required(states.get(id), "state of an edited session");
}

async function markEdited(
  { transaction, actor, clock }: TransactionContext,
  { id, verb, after }: { readonly id: string; readonly verb: Verb; readonly after: SessionState },
): Promise<void> {
  const at = clock.now();
  await transaction
    .update(sessions)
    .set({
      version: sql`${sessions.version} + 1`,
      updatedAt: at,
      searchText: searchText(after),
      lastCommandVerb: verb,
      lastCommandActor: actor.name,
      lastCommandAt: at,
    })
    .where(eq(sessions.id, id));
}
