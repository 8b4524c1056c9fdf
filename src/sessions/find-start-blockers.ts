import type { Context, TransactionContext } from "../access/context.ts";
import type { Executor } from "../database/database.ts";
import { explainUnsupported } from "../encoder/encoder.rules.ts";
import { listOnlineEncoders } from "../encoder/encoder.store.ts";
import { UserErrorCode } from "../shared/user-error.ts";
import { lockTemplateFacts, readTemplateFacts } from "../templates/template.facts.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import { findMisfit, needsOf, selectStartPlans } from "./session.needs.ts";
import type { LockedSession } from "./session.store.ts";
import type { Decision } from "./session.transitions.ts";

/**
 * What keeps sessions from running as they are now, whatever their status: outputs that their templates no longer fit, or types
 * that no online encoder of the region can run. The templates stay as they are until the transaction ends.
 */
export async function findStartBlockers(
  context: TransactionContext,
  sessions: readonly LockedSession[],
): Promise<ReadonlyMap<string, Decision>> {
  const templates = await lockTemplateFacts(context.transaction, context.actor.organizationId);
  return compare(context.transaction, templates, sessions);
}

/** The same without holding anything, for those who only look. */
export async function readStartBlockers(
  { database: { executor }, actor }: Context,
  sessions: readonly LockedSession[],
): Promise<ReadonlyMap<string, Decision>> {
  return compare(executor, await readTemplateFacts(executor, actor.organizationId), sessions);
}

async function compare(
  executor: Executor,
  templates: ReadonlyMap<string, TemplateFacts>,
  sessions: readonly LockedSession[],
): Promise<ReadonlyMap<string, Decision>> {
  const encoders = await listOnlineEncoders(executor);
  const plans = await selectStartPlans(
    executor,
    sessions.map((session) => session.id),
  );
  const blockers = new Map<string, Decision>();
  for (const [id, plan] of plans) {
    const blocker = findMisfit(plan, templates) ?? refuseUnsupported(explainUnsupported(encoders, needsOf(plan, templates)));
    if (blocker) blockers.set(id, blocker);
  }
  return blockers;
}

function refuseUnsupported(message: string | null): Decision | null {
  return message === null ? null : { outcome: "FAILED", code: UserErrorCode.UNSUPPORTED_BY_ENCODER, message };
}
