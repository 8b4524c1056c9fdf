import { Arg, Args, ArgsType, Ctx, Field, ID, Query, Resolver } from "type-graphql";
import { toConnection, type Connection } from "../graphql/connection.ts";
import { DeletePayload, NOTHING_DELETED } from "../graphql/delete-payload.type.ts";
import { Input } from "../graphql/input.ts";
import { PagingArguments } from "../graphql/paging-arguments.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { parseTemplatePage } from "./template-page.ts";
import { createTemplate } from "./create-template.ts";
import { deleteTemplates } from "./delete-templates.ts";
import { CreateTemplateInput, DeleteTemplatesInput } from "./template.input-type.ts";
import { createTemplateInput, deleteTemplatesInput, type CreateTemplate, type DeleteTemplates } from "./template.input.ts";
import { templateLoader } from "./template.loader.ts";
import { countTemplates, pageTemplates, type StoredTemplate } from "./template.store.ts";
import { TemplateConnection, TemplatePayload, TemplateType } from "./template.type.ts";

@ArgsType()
class TemplatesArguments extends PagingArguments {
  @Field(() => String, {
    nullable: true,
    description: "Part of the name, in any letter case; null: all templates. At most 200 characters.",
  })
  search?: string | null;
}

@Resolver()
export class TemplateResolver {
  @Query(() => TemplateType, { nullable: true, description: "One template; null when there is none with this id in your organization." })
  async template(
    @Arg("id", () => ID, { description: "The template's id." }) id: string,
    @Ctx() context: RequestContext,
  ): Promise<StoredTemplate | null> {
    return context.loaders.of(templateLoader).load(id);
  }

  @Query(() => TemplateConnection, { description: "A page of templates by name, in both directions." })
  async templates(
    @Args(() => TemplatesArguments) given: TemplatesArguments,
    @Ctx() context: RequestContext,
  ): Promise<Connection<StoredTemplate>> {
    const { executor } = context.database;
    const { search, page, order } = parseTemplatePage(given, context.actor.organizationId);
    return toConnection({
      page: await pageTemplates(executor, search, page),
      order,
      position: (row) => ({ key: row.nameOrder, id: row.id }),
      present: (row) => row,
      totalCount: () => countTemplates(executor, search),
    });
  }

  @VerbMutation(() => TemplatePayload, { description: "Creates a template. Wants level EDITOR." })
  async createTemplate(
    @Input(() => CreateTemplateInput, createTemplateInput) input: CreateTemplate,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<TemplatePayload>> {
    return { template: await context.loaders.of(templateLoader).load(await createTemplate(context, input)) };
  }

  @VerbMutation(() => DeletePayload, {
    description: "Deletes templates that no session uses, all or none. Wants level EDITOR.",
    empty: NOTHING_DELETED,
  })
  async deleteTemplates(
    @Input(() => DeleteTemplatesInput, deleteTemplatesInput) input: DeleteTemplates,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<DeletePayload>> {
    return { deletedIds: await deleteTemplates(context, input) };
  }
}
