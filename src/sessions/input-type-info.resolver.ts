import { Ctx, Query, Resolver } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import type { RequestContext } from "../graphql/request.ts";
import { InputTypeInfoType } from "./input-type-info.type.ts";
import { listInputTypes, type InputTypeInfo } from "./list-input-types.ts";

@Resolver()
export class InputTypeInfoResolver {
  @Query(() => [InputTypeInfoType], {
    description: "The input types and what each allows, from the table that sessions are checked by: for forms and help.",
  })
  async inputTypes(@Ctx() context: RequestContext): Promise<readonly InputTypeInfo[]> {
    assertMayRead(context.actor, "read");
    return listInputTypes(context);
  }
}
