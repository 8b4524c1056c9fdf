import { Field, Mutation, UseMiddleware, type MiddlewareFn } from "type-graphql";
import { Denial } from "../access/actor.ts";
import { recordDenial } from "../access/record-audit.ts";
import { Refusal, type UserError } from "../shared/user-error.ts";
import type { RequestContext } from "./request.ts";
import { UserErrorType } from "./user-error.type.ts";

/**
 * Payloads of mutations. A payload class lists what its verb gives and ends with the refusals:
 *
 *     @ObjectType("TemplatePayload", { description: "…", simpleResolvers: true })
 *     export class TemplatePayload {
 *       @Field(() => TemplateType, { nullable: true, description: "…" })
 *       template?: TemplateType | null;
 *
 *       @UserErrorsField()
 *       userErrors!: readonly UserError[];
 *     }
 *
 * A resolver's method is a `@VerbMutation`, returns the payload without `userErrors`, and lets every `Refusal` pass:
 *
 *     @VerbMutation(() => TemplatePayload, { description: "…" })
 *     async createTemplate(
 *       @Input(() => CreateTemplateInput, createTemplateSchema) input: CreateTemplate,
 *       @Ctx() context: RequestContext,
 *     ): Promise<PayloadOf<TemplatePayload>> {
 *       return { template: await createTemplate(context, input) };
 *     }
 */
export type PayloadOf<Payload extends { readonly userErrors: readonly UserError[] }> = Omit<Payload, "userErrors">;

export interface VerbMutationOptions {
  readonly description: string;
  /** Values of the payload's non-null fields for when the verb refuses, such as `{ deletedIds: [] }`; fields left out are null. */
  readonly empty?: Readonly<Record<string, unknown>>;
}

/** A mutation of one `input` and one payload: what its verb or its input's schema refuses is answered in `userErrors`. */
export function VerbMutation(payloadType: () => Function, { description, empty = {} }: VerbMutationOptions): MethodDecorator {
  return (target, name, descriptor) => {
    Mutation(payloadType, { description })(target, name, descriptor);
    UseMiddleware(answerRefusals(empty))(target, name as string);
  };
}

/** The `userErrors` field, the same in every payload. */
export function UserErrorsField(): PropertyDecorator {
  return Field(() => [UserErrorType], { description: "What was refused and why; empty when everything was done as asked." });
}

function answerRefusals(empty: Readonly<Record<string, unknown>>): MiddlewareFn<RequestContext> {
  return async ({ context, args }, next) => {
    try {
      return { userErrors: [], ...(await next()) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error instanceof Denial) await recordDenial(context, error.verb, args);
      context.metering.refused(error.errors.map(({ code }) => code));
      return { ...empty, userErrors: error.errors };
    }
  };
}
