import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import type { Permission } from "../access/level.rules.ts";
import type { Verb } from "../sessions/session.rules.ts";
import { lockSessions } from "../sessions/session.store.ts";
import { requirePackage } from "../organizations/require-package.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { findEvents, lockEvent, type StoredEvent } from "./event.store.ts";
import type { EventDecision } from "./event.transitions.ts";

export interface EventVerb {
  readonly permission: Permission;
  readonly verb: Verb;
  /** Names the transaction. */
  readonly name: string;
}

export interface EventTarget {
  readonly id: string;
  readonly expectedVersion?: number | null | undefined;
  /** Where in the input the id stands; `input.id` when left out. */
  readonly path?: readonly string[];
}

/**
 * The frame of every verb on one event: asks for the right and the package, locks the event and then its sessions, does the work, and
 * keeps who did it, to the event and to what else the work names. Gives the event's id.
 */
export async function withEvent(
  context: Context,
  { permission, verb, name }: EventVerb,
  { id, expectedVersion, path = ["input", "id"] }: EventTarget,
  work: (context: TransactionContext, event: StoredEvent) => Promise<readonly string[] | void>,
): Promise<string> {
  assertPermission(context.actor, permission, verb);
  return inTransaction(context, name, async (transactionContext) => {
    await requirePackage(transactionContext, "EVENTS");
    const event = await requireEvent(transactionContext, id, path);
    refuseOldVersion(event, expectedVersion);
    const others = (await work(transactionContext, event)) ?? [];
    await recordAudit(transactionContext, { verb, objectIds: [event.id, ...others] });
    return event.id;
  });
}

/** The event as it is at this moment, for a verb that has much to do before its frame: refused as the frame would refuse it. */
export async function lookAtEvent(context: Context, { id, path = ["input", "id"] }: EventTarget): Promise<StoredEvent> {
  return inTransaction(context, "look at an event", async (transactionContext) => {
    await requirePackage(transactionContext, "EVENTS");
    const { transaction, actor } = transactionContext;
    const [event] = isIdentifier("event", id) ? await findEvents(transaction, actor.organizationId, [id]) : [];
    return event ?? refuseUnknown(path);
  });
}

/** The event with its sessions, all of them locked; refused when the organization has none of this id. */
async function requireEvent(context: TransactionContext, id: string, path: readonly string[]): Promise<StoredEvent> {
  const { transaction, actor } = context;
  const event = isIdentifier("event", id) ? await lockEvent(transaction, actor.organizationId, id) : null;
  if (!event) return refuseUnknown(path);
  await lockSessions(
    transaction,
    actor.organizationId,
    event.languages.map(({ sessionId }) => sessionId),
  );
  return event;
}

function refuseUnknown(path: readonly string[]): never {
  throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no event with this id.", path });
}

export function refuseUnless({ refusals }: EventDecision): void {
  if (refusals.length > 0) throw new Refusal(...refusals.map((error) => ({ ...error, path: pathOf(error.path) })));
}

function pathOf(path: readonly string[]): readonly string[] {
  return path.length === 0 ? ["input", "id"] : path;
}

function refuseOldVersion(event: StoredEvent, expectedVersion: number | null | undefined): void {
  if (expectedVersion === null || expectedVersion === undefined || expectedVersion === event.version) return;
  throw new Refusal({
    code: UserErrorCode.VERSION_CONFLICT,
    message: `The event is at version ${event.version} by now. Read it again before you write.`,
    path: ["input", "expectedVersion"],
    conflictingId: event.id,
  });
}
