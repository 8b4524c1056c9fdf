import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { auditStatement } from "../access/record-audit.ts";
import { writeCursor } from "../changes/cursor.ts";
import { admitNewProcesses, createProcesses, decideNewProcesses } from "../processes/create-processes.ts";
import type { WantedProcess } from "../processes/process.validation.ts";
import { nameKey } from "../shared/name.ts";
import { prefixed, Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { lockTemplateFacts } from "../templates/template.facts.ts";
import type { SessionDraft } from "./session.draft.ts";
import type { SessionCandidate } from "./session.input.ts";
import { changeImages, digestImages, receiveSessionImages } from "./session-images.ts";
import { findSessionsNamed, insertSessions, type InsertConflict } from "./session.insert.ts";
import { ImportOutcome, Verb } from "./session.rules.ts";
import { validateSession, type ValidationFacts } from "./session.validation.ts";

export interface CreateSessionsInput {
  readonly sessions: readonly SessionCandidate[];
  readonly dryRun: boolean;
  readonly idempotencyKey?: string | null | undefined;
}

export interface CreatedSessions {
  /** In the order given; empty in a dry run. */
  readonly ids: readonly string[];
  /** Of each, in the order given; in a dry run what would become of it. */
  readonly outcomes: readonly ImportOutcome[];
  readonly cursor: string | null;
}

/** Creates sessions, all or none. Every error of every session comes back at once. */
export async function createSessions(context: Context, input: CreateSessionsInput): Promise<CreatedSessions> {
  assertPermission(context.actor, "create sessions");
  return create(context, { ...input, pathOf: (index) => ["input", "sessions", String(index)], operation: "create sessions" });
}

/** Creates one session and gives its id. */
export async function createSession(context: Context, input: SessionCandidate & { readonly idempotencyKey?: string | null | undefined }) {
  assertPermission(context.actor, "create sessions");
  const { idempotencyKey, ...session } = input;
  const created = await create(context, {
    sessions: [session],
    dryRun: false,
    idempotencyKey,
    pathOf: () => ["input"],
    operation: "create session",
  });
  return created.ids[0] ?? null;
}

interface CreateCall extends CreateSessionsInput {
  readonly operation: string;
  /** Where in the caller's input a session stands. */
  readonly pathOf: (index: number) => readonly string[];
}

async function create(context: Context, call: CreateCall): Promise<CreatedSessions> {
  const images = await receiveSessionImages(call.sessions, call.pathOf);
  const input = images.some(({ cover }) => cover) ? [call.sessions, images.map(digestImages)] : call.sessions;
  const outcomes = call.sessions.map(() => ImportOutcome.CREATED);
  return inTransaction(context, call.operation, (transactionContext) =>
    idempotently(transactionContext, { operation: call.operation, key: call.dryRun ? null : call.idempotencyKey, input }, async () => {
      const { drafts, processes } = await validateAll(transactionContext, call);
      if (call.dryRun) {
        await refuseTaken(transactionContext, drafts, call);
        return { ids: [], outcomes, cursor: null };
      }
      const result = await insertSessions(transactionContext, drafts, Verb.CREATE);
      if (result.conflicts?.length === 0) throw new Error("Sessions were not written, and nothing there explains it.");
      if (result.conflicts) throw new Refusal(...result.conflicts.map((conflict) => conflictError(conflict, call)));
      await changeImages(
        transactionContext,
        result.sessions.map(({ id }, index) => ({ sessionId: id, images: images[index] ?? {}, coverImageId: null, slateImageId: null })),
      );
      await createProcesses(
        transactionContext,
        result.sessions.map(({ id, playbackIds }, index) => ({ sessionId: id, playbackIds, wanted: processes[index] ?? [] })),
      );
      const ids = result.sessions.map((session) => session.id);
      const audit = auditStatement(transactionContext, { verb: Verb.CREATE, objectIds: ids });
      return { ids, outcomes, cursor: await writeCursor(transactionContext.transaction, transactionContext.clock, audit) };
    }),
  );
}

interface ValidSessions {
  readonly drafts: readonly SessionDraft[];
  /** Of each of them, their playbacks named by their places. */
  readonly processes: readonly (readonly WantedProcess[])[];
}

async function validateAll(context: TransactionContext, call: CreateCall): Promise<ValidSessions> {
  const facts = await loadValidationFacts(context);
  const results = call.sessions.map((candidate) => validateSession(candidate, facts));
  // Where the playbacks are wrong, nothing more can be said about processes on them.
  const processes = results.map(({ draft }, index) =>
    decideNewProcesses((draft && call.sessions[index]?.processes) ?? [], { playbacks: draft?.playbacks ?? [], templates: facts.templates }),
  );
  const errors = [
    ...results.flatMap((result, index) => prefixed(result.errors ?? [], call.pathOf(index))),
    ...processes.flatMap((result, index) => prefixed(result.errors, [...call.pathOf(index), "processes"])),
    ...findDuplicates(call, "name", (session) => nameKey(session.name)),
    ...findDuplicates(call, "externalId", (session) => session.externalId?.trim() ?? null),
  ];
  if (errors.length > 0) throw new Refusal(...errors);
  const wanted = processes.map((result) => result.wanted);
  await admitNewProcesses(context, wanted, (index) => [...call.pathOf(index), "processes"]);
  return { drafts: results.flatMap((result) => result.draft ?? []), processes: wanted };
}

/** What sessions of this organization are checked against; holds its templates until the transaction ends. */
export async function loadValidationFacts(context: TransactionContext): Promise<ValidationFacts> {
  const templates = await lockTemplateFacts(context.transaction, context.actor.organizationId);
  return {
    templates,
    defaultTemplateId: [...templates.values()].find((template) => template.isDefault)?.id ?? null,
    defaultRegion: context.defaultRegion,
    network: context.network,
  };
}

/** Items of a call that say what an earlier one said. */
export function findDuplicates(
  call: Pick<CreateCall, "sessions" | "pathOf">,
  field: "name" | "externalId",
  keyOf: (session: SessionCandidate) => string | null,
): UserError[] {
  const seen = new Set<string>();
  return call.sessions.flatMap((session, index) => {
    const key = keyOf(session);
    if (key === null || !seen.has(key)) {
      if (key !== null) seen.add(key);
      return [];
    }
    return [
      {
        code: UserErrorCode.DUPLICATE_NAME,
        message: `Another session of this call has this ${field}.`,
        path: [...call.pathOf(index), field],
      },
    ];
  });
}

async function refuseTaken(context: TransactionContext, drafts: readonly SessionDraft[], call: CreateCall): Promise<void> {
  const conflicts = await findSessionsNamed(context, drafts);
  if (conflicts.length > 0) throw new Refusal(...conflicts.map((conflict) => conflictError(conflict, call)));
}

function conflictError({ index, field, conflictingId }: InsertConflict, call: CreateCall): UserError {
  return {
    code: UserErrorCode.DUPLICATE_NAME,
    message: field === "name" ? "Another session has this name." : "Another session has this external id.",
    path: [...call.pathOf(index), field],
    conflictingId,
  };
}
