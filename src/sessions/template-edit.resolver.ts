import { Ctx, Resolver } from "type-graphql";
import { Input } from "../graphql/input.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { UpdateTemplateInput } from "../templates/template.input-type.ts";
import { updateTemplateInput, type UpdateTemplate } from "../templates/template.input.ts";
import { templateLoader } from "../templates/template.loader.ts";
import { TemplatePayload } from "../templates/template.type.ts";
import { editTemplate } from "./edit-template.ts";

/** Stands here, since an edit of a template concerns the sessions that run with it. */
@Resolver()
export class TemplateEditResolver {
  @VerbMutation(() => TemplatePayload, {
    description:
      "Changes a template; sessions that run keep what they started with, and say so in pendingChanges until they are restarted. Wants level EDITOR.",
  })
  async updateTemplate(
    @Input(() => UpdateTemplateInput, updateTemplateInput) input: UpdateTemplate,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<TemplatePayload>> {
    const id = await editTemplate(context, input);
    return { template: await context.loaders.of(templateLoader).clear(id).load(id) };
  }
}
