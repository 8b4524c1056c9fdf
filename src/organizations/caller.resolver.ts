import { Ctx, Query, Resolver } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import type { RequestContext } from "../graphql/request.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { organizationLoader } from "./organization.loader.ts";
import { CallerType } from "./organization.type.ts";

@Resolver()
export class CallerResolver {
  @Query(() => CallerType, { description: "Who this request comes from, and what that credential may do." })
  async caller(@Ctx() context: RequestContext): Promise<CallerType> {
    const { actor } = context;
    assertMayRead(actor, "read");
    const { accessLevel, name, organizationId, canIntrospect } = actor;
    const organization = await context.loaders.of(organizationLoader).load(organizationId);
    // The credential outlived its organization by the length of this request.
    if (!organization) throw new Fault(FaultCode.UNAUTHENTICATED, "The organization of this credential no longer exists.");
    return { organization, accessLevel, actor: name, canIntrospect };
  }
}
