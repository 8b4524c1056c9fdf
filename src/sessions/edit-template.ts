import { appendChanges } from "../changes/append-changes.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { processChanges } from "../processes/process.state.ts";
import { onTemplate, readLoggedProcesses, type LoggedProcess } from "../processes/process.store.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import type { UpdateTemplate } from "../templates/template.input.ts";
import { updateTemplate } from "../templates/update-template.ts";
import { findTemplateUsers, lockTemplateUsers, noteEdits } from "./pending-changes.store.ts";
import { logPendingChanges } from "./session.changes.ts";
import { selectSessionStates } from "./session.store.ts";

/** A session was started with the template before that was held, so that it is not among those that are. */
class UsersChanged extends Error {
  override readonly name = "UsersChanged";
}

const ATTEMPTS = 5;

/**
 * Changes a template, and tells those who follow sessions which of the running ones became stale by it, or ceased to be. Everybody
 * locks sessions first and templates after them, so the sessions that run with it are held before the template is.
 */
export async function editTemplate(context: Context, input: UpdateTemplate): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(context, "update template", (transactionContext) => editHolding(transactionContext, input));
    } catch (error) {
      if (!(error instanceof UsersChanged)) throw error;
      if (attempt === ATTEMPTS) throw new Fault(FaultCode.TIMEOUT, "Sessions with this template are being started. Try again in a moment.");
    }
  }
}

async function editHolding(context: TransactionContext, input: UpdateTemplate): Promise<string> {
  const { transaction, actor } = context;
  // What leaves the ladder as it is concerns no session.
  if (input.renditions === undefined) return updateTemplate(context, input);
  const held = await lockTemplateUsers(transaction, actor.organizationId, input.id);
  const before = await selectSessionStates(transaction, held);
  const processes = await readLoggedProcesses(transaction, onTemplate(input.id));
  const id = await updateTemplate(context, input);
  const users = await findTemplateUsers(transaction, actor.organizationId, input.id);
  if (users.some((user) => !before.has(user))) throw new UsersChanged();
  await noteEdits(transaction, held);
  const after = await selectSessionStates(transaction, held);
  await logGoneProcesses(context, input.id, processes);
  await logPendingChanges(context, before, after);
  return id;
}

/** A rendition that was taken off the ladder has taken its processes with it. */
async function logGoneProcesses(
  context: TransactionContext,
  templateId: string,
  before: ReadonlyMap<string, LoggedProcess>,
): Promise<void> {
  if (before.size === 0) return;
  const left = await readLoggedProcesses(context.transaction, onTemplate(templateId));
  const gone = [...before.values()].filter(({ id }) => !left.has(id));
  const steps = gone.map(({ id, organizationId, state }) => ({ id, organizationId, before: state, after: null }));
  await appendChanges(context.transaction, processChanges(steps, { at: context.clock.now(), actor: context.actor.name }));
}
