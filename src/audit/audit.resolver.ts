import { z } from "zod";
import { Args, Ctx, Query, Resolver } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import { countAuditEntries, pageAuditEntries, type AuditEntryRow } from "../access/audit.store.ts";
import { parsePage, toConnection, type Connection, type ListOrder } from "../graphql/connection.ts";
import type { RequestContext } from "../graphql/request.ts";
import { idText, plainText } from "../shared/text.schema.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { AuditArguments, AuditEntryConnection } from "./audit.type.ts";

const NEWEST_FIRST: ListOrder = { name: "AT:DESC", keyType: "text" };
/** Longer than any caller's name. */
const ACTOR_LENGTH_LIMIT = 500;
const filterSchema = z.object({ objectId: idText.nullish(), actor: plainText(ACTOR_LENGTH_LIMIT).nullish() });

@Resolver()
export class AuditResolver {
  @Query(() => AuditEntryConnection, {
    description:
      "A page of the organization's audit, the newest first: every mutation that did something, and every secret that was given out. Of what was refused, bulk calls keep the sessions that were left alone, attempts at secrets are kept, and attempts at what the caller's level does not include, once a minute for each caller and verb. Entries are kept for a year. Wants level ADMIN.",
  })
  async auditEntries(
    @Args(() => AuditArguments) given: AuditArguments,
    @Ctx() context: RequestContext,
  ): Promise<Connection<AuditEntryRow>> {
    assertMayRead(context.actor, "read the audit");
    const { objectId, actor, from, to, ...paging } = given;
    const filter = { ...readTexts({ objectId, actor }), from, to };
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
function readTexts(given: Readonly<Record<"objectId" | "actor", string | null | undefined>>): z.output<typeof filterSchema> {
  const result = filterSchema.safeParse(given);
  if (result.success) return result.data;
  throw new Fault(FaultCode.BAD_USER_INPUT, `The audit's actor has at most ${ACTOR_LENGTH_LIMIT} characters, and no filter a NUL.`);
}
