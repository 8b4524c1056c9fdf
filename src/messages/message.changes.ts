import type { TransactionContext } from "../access/context.ts";
import { appendChanges } from "../changes/append-changes.ts";
import type { LoggedChangeKind } from "../changes/change.rules.ts";
import type { QuestionStatus } from "./message.rules.ts";

/** The fields of a question that filters look at; the change log keeps them as they were and as they are. */
export interface QuestionState {
  readonly eventId: string;
  readonly authorId: string;
  readonly status: QuestionStatus;
}

/** The same of a message of the chat. */
export interface ChatMessageState {
  readonly eventId: string;
}

interface Entry<State> {
  readonly id: string;
  readonly before: State | null;
  readonly after: State | null;
}

/** Tells the change log what became of questions, whose rows are locked. */
export async function logQuestionChanges(
  context: TransactionContext,
  kind: LoggedChangeKind,
  entries: readonly Entry<QuestionState>[],
): Promise<void> {
  await log(context, { object: "QUESTION", kind }, entries);
}

export async function logChatMessageChanges(
  context: TransactionContext,
  kind: LoggedChangeKind,
  entries: readonly Entry<ChatMessageState>[],
): Promise<void> {
  await log(context, { object: "CHAT_MESSAGE", kind }, entries);
}

async function log(
  { transaction, actor, clock }: TransactionContext,
  what: { readonly object: "QUESTION" | "CHAT_MESSAGE"; readonly kind: LoggedChangeKind },
  entries: readonly Entry<object>[],
): Promise<void> {
  const common = { ...what, organizationId: actor.organizationId, at: clock.now(), actor: actor.name };
  await appendChanges(
    transaction,
    entries.map(({ id, before, after }) => ({ ...common, objectId: id, before, after })),
  );
}

export function questionStateOf({ eventId, authorId, status }: QuestionState): QuestionState {
  return { eventId, authorId, status };
}
