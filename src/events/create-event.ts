import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { recordAudit } from "../access/record-audit.ts";
import { requireLiveProcessing } from "../processes/require-live-processing.ts";
import { requirePackage } from "../organizations/require-package.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { Verb } from "../sessions/session.rules.ts";
import { sealAccessCode } from "./access-code.ts";
import { logEventChanges } from "./event.changes.ts";
import { refuseAccess, refuseTimes } from "./event.checks.ts";
import type { CreateEvent } from "./event.input.ts";
import { insertEvent, insertLanguages } from "./event.store.ts";
import { makeLanguages, startListening } from "./event-session.ts";
import { refuseTemplates } from "./event-template.ts";

/** Creates an event with a session for each of its languages, whose ingests listen from now on. Gives its id. */
export async function createEvent(context: Context, input: CreateEvent): Promise<string> {
  assertPermission(context.actor, "edit events", Verb.CREATE);
  const { idempotencyKey: key, ...asked } = input;
  return inTransaction(context, "create event", async (transactionContext) => {
    await requirePackage(transactionContext, "EVENTS");
    return idempotently(transactionContext, { operation: "create event", key, input: asked }, () => create(transactionContext, input));
  });
}

async function create(context: TransactionContext, input: CreateEvent): Promise<string> {
  const { transaction, actor, clock, vault } = context;
  const access = input.access ?? "PUBLIC";
  refuseTimes({ startsAt: input.startsAt ?? null, endsAt: input.endsAt ?? null });
  refuseAccess({ access, hasCode: Boolean(input.accessCode), isCodeGiven: Boolean(input.accessCode) });
  if (input.recordingEnabled) await requireLiveProcessing(context, ["input", "recordingEnabled"]);
  await refuseTemplates(context, input.languages, (index) => ["input", "languages", String(index)]);
  const id = newIdentifier("event");
  const at = clock.now();
  const row = {
    id,
    organizationId: actor.organizationId,
    title: input.title,
    details: input.details || null,
    startsAt: input.startsAt ?? null,
    endsAt: input.endsAt ?? null,
    status: "SCHEDULED",
    statusChangedAt: at,
    messagingMode: input.messagingMode ?? "DISABLED",
    access,
    publishedSlide: null,
    recordingEnabled: input.recordingEnabled,
    accessCode: input.accessCode ? sealAccessCode(vault, id, input.accessCode) : null,
    createdAt: at,
    updatedAt: at,
  } as const;
  await insertEvent(transaction, row);
  const languages = await makeLanguages(context, { eventId: id, title: input.title, languages: input.languages, positionFrom: 0 });
  await insertLanguages(transaction, languages);
  await startListening(
    context,
    languages.map(({ sessionId }) => sessionId),
  );
  await logEventChanges(context, "CREATED", [{ id, before: null, after: row }]);
  await recordAudit(context, { verb: Verb.CREATE, objectIds: [id] });
  return id;
}
