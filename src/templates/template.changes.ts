import type { TransactionContext } from "../access/context.ts";
import { appendChanges } from "../changes/append-changes.ts";
import type { TemplateRow } from "./template.store.ts";

/** What the change log keeps of a template. */
type LoggedTemplate = Pick<TemplateRow, "id" | "name" | "isDefault">;

/** One template as it was and as it is; null before its creation and after its deletion. */
export interface TemplateChange {
  readonly before: LoggedTemplate | null;
  readonly after: LoggedTemplate | null;
}

/** Writes what became of templates to the change log; call it last in the transaction. */
export async function logTemplateChanges(
  { transaction, actor, clock }: TransactionContext,
  changed: readonly TemplateChange[],
): Promise<void> {
  const at = clock.now();
  await appendChanges(
    transaction,
    changed.flatMap(({ before, after }) => {
      const objectId = (after ?? before)?.id;
      if (objectId === undefined) return [];
      const kind = before === null ? "CREATED" : after === null ? "DELETED" : "UPDATED";
      const { organizationId, name: actorName } = actor;
      return [
        {
          organizationId,
          object: "TEMPLATE",
          objectId,
          kind,
          at,
          actor: actorName,
          before: summarize(before),
          after: summarize(after),
        } as const,
      ];
    }),
  );
}

function summarize(template: LoggedTemplate | null): object | null {
  return template && { name: template.name, isDefault: template.isDefault };
}
