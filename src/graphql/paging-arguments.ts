import { ArgsType, Field, Int } from "type-graphql";
import { PAGE_ARGUMENT_DESCRIPTIONS, type PageArguments } from "./connection.ts";

/** The paging arguments of a connection, to be extended with the list's own. */
@ArgsType()
export class PagingArguments implements PageArguments {
  @Field(() => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first })
  first?: number | null;

  @Field(() => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.last })
  last?: number | null;

  @Field(() => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.before })
  before?: string | null;
}
