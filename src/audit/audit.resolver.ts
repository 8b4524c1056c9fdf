import { Args, Ctx, Query, Resolver } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import { countAuditEntries, pageAuditEntries, type AuditEntryRow } from "../access/audit.store.ts";
import { parsePage, toConnection, type Connection, type ListOrder } from "../graphql/connection.ts";
import type { RequestContext } from "../graphql/request.ts";
import { plainText } from "../shared/text.schema.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { AuditArguments, AuditEntryConnection } from "./audit.type.ts";

const NEWEST_FIRST: ListOrder = { name: "AT:DESC", keyType: "text" };
/** Longer than any actor or id. */
const filterText = plainText(500).nullish();

@Resolver()
export class AuditResolver {
  @Query(() => AuditEntryConnection, {
    description:
      "A page of the organization's audit, the newest first: changes of sessions, templates, API keys and webhooks, and every secret that was given out or replaced, refused attempts at secrets among them. Wants level ADMIN.",
  })
  async auditEntries(
    @Args(() => AuditArguments) given: AuditArguments,
    @Ctx() context: RequestContext,
  ): Promise<Connection<AuditEntryRow>> {
    assertMayRead(context.actor, "read the audit");
    const { objectId, actor, from, to, ...paging } = given;
    const filter = { objectId: readText(objectId), actor: readText(actor), from, to };
    const { executor } = context.database;
    const { organizationId } = context.actor;
    return toConnection({
      page: await pageAuditEntries(executor, organizationId, { filter, page: parsePage(paging, NEWEST_FIRST) }),
      order: NEWEST_FIRST,
      position: ({ id }) => ({ key: id, id }),
      present: (row) => row,
      totalCount: () => countAuditEntries(executor, organizationId, filter),
    });
  }
}

/** Text that the database would refuse names nobody. */
function readText(text: string | null | undefined): string | null | undefined {
  const result = filterText.safeParse(text);
  if (result.success) return result.data;
  throw new Fault(FaultCode.BAD_USER_INPUT, "A filter of the audit has at most 500 characters, and no NUL.");
}
