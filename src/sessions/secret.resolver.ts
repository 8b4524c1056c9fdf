import { Ctx, Field, ID, InputType as GraphInput, ObjectType, Resolver } from "type-graphql";
import { z } from "zod";
import { Input } from "../graphql/input.ts";
import { UserErrorsField, VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { rotateProcessAddress } from "../processes/rotate-process-address.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { plainText } from "../shared/text.schema.ts";
import type { UserError } from "../shared/user-error.ts";
import { revealSecret } from "./reveal-secret.ts";
import { rotateSecret } from "./rotate-secret.ts";

@GraphInput("RevealSecretInput", { description: "A secret to be given out." })
export class RevealSecretInputType {
  @Field(() => ID, { description: "The id of a Secret." })
  id!: string;
}

@GraphInput("RotateSecretInput", {
  description: "A secret of a stopped session, or the address of a thumbnail or motion clip, to be replaced.",
})
export class RotateSecretInputType {
  @Field(() => ID, { description: "The id of a Secret, or of a Process that is a thumbnail or motion clip; it stays." })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The new stream key (8 to 128 letters, digits, dots, hyphens, underscores or tildes) or SRT passphrase (10 to 79 printable ASCII characters); null or left out: one is generated. The address of a process is always generated.",
  })
  value?: string | null;
}

@ObjectType("RevealSecretPayload", { description: "A secret in clear.", simpleResolvers: true })
export class RevealSecretPayload {
  @Field(() => String, {
    nullable: true,
    description: "The secret as senders have to present it, or the new part of an address; null when the call was refused.",
  })
  value!: string | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

const revealSecretInput = z.object({ id: z.string() });
/** The longest secret there is has 128 characters; which rules it has to keep depends on what it is. */
const rotateSecretInput = z.object({ id: z.string(), value: plainText(1_000).nullish() });

@Resolver()
export class SecretResolver {
  @VerbMutation(() => RevealSecretPayload, {
    description:
      "Give out a stream key or passphrase in clear. Needs EDITOR, or OPERATOR for the ingest keys of an event, and leaves an audit entry, also when it is refused.",
  })
  async revealSecret(
    @Input(() => RevealSecretInputType, revealSecretInput) input: z.output<typeof revealSecretInput>,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<RevealSecretPayload>> {
    return { value: await revealSecret(context, input) };
  }

  @VerbMutation(() => RevealSecretPayload, {
    description:
      "Replace the stream key or passphrase of a stopped session, and give out the new one (those of an event are replaced by rotateIngestKeys); or withdraw the address of a thumbnail or motion clip, whatever its session does, and give out the part of the new one that nobody can guess. Needs EDITOR, and leaves an audit entry, also when it is refused.",
  })
  async rotateSecret(
    @Input(() => RotateSecretInputType, rotateSecretInput) input: z.output<typeof rotateSecretInput>,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<RevealSecretPayload>> {
    const rotate = isIdentifier("process", input.id) ? rotateProcessAddress : rotateSecret;
    return { value: await rotate(context, input) };
  }
}
