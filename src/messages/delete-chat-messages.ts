import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { Verb } from "../sessions/session.rules.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { deleteChatMessageRows, lockChatMessages } from "./chat-message.store.ts";
import { logChatMessageChanges } from "./message.changes.ts";
import type { DeleteChatMessages } from "./message.input.ts";

/** Takes messages out of the chat, all or none, and gives their ids. */
export async function deleteChatMessages(context: Context, { ids }: DeleteChatMessages): Promise<readonly string[]> {
  assertPermission(context.actor, "moderate");
  return inTransaction(context, "delete chat messages", async (transactionContext) => {
    const { transaction, actor } = transactionContext;
    const wellFormed = ids.filter((id) => isIdentifier("chatmessage", id));
    const locked = await lockChatMessages(transaction, { organizationId: actor.organizationId, eventId: null }, wellFormed);
    const errors = ids.flatMap((id, index): UserError[] => {
      const path = ["input", "ids", String(index)];
      if (ids.indexOf(id) < index) return [{ code: UserErrorCode.DUPLICATE_ID, message: "This id was given before.", path }];
      if (locked.some((message) => message.id === id)) return [];
      return [{ code: UserErrorCode.NOT_FOUND, message: "There is no message with this id.", path }];
    });
    if (errors.length > 0) throw new Refusal(...errors);
    await deleteChatMessageRows(transaction, ids);
    await logChatMessageChanges(
      transactionContext,
      "DELETED",
      locked.map(({ id, eventId }) => ({ id, before: { eventId }, after: null })),
    );
    await recordAudit(transactionContext, { verb: Verb.MODERATE, objectIds: ids });
    return ids;
  });
}
