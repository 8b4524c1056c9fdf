import { Ctx, Field, ObjectType, Resolver } from "type-graphql";
import type { z } from "zod";
import { Input } from "../graphql/input.ts";
import { UserErrorsField, VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { Cursor } from "../graphql/scalars.ts";
import { addPlayback } from "../playbacks/add-playback.ts";
import { removePlaybacks } from "../playbacks/remove-playbacks.ts";
import { updatePlayback } from "../playbacks/update-playback.ts";
import type { UserError } from "../shared/user-error.ts";
import { createSession, createSessions } from "./create-sessions.ts";
import { CreateSessionsInputType } from "./create-sessions.input-type.ts";
import {
  AddPlaybackInputType,
  CreateSessionInputType,
  RemovePlaybacksInputType,
  UpdatePlaybackInputType,
  UpdateSessionInputType,
} from "./session.input-type.ts";
import {
  addPlaybackInput,
  createSessionInput,
  createSessionsInput,
  removePlaybacksInput,
  updatePlaybackInput,
  updateSessionInput,
} from "./session.input.ts";
import { sessionLoader } from "./session.loaders.ts";
import { ImportMode, ImportOutcome } from "./session.rules.ts";
import { SessionType } from "./session.type.ts";
import { updateSession } from "./update-session.ts";
import { upsertSessions } from "./upsert-sessions.ts";

@ObjectType("SessionPayload", { description: "A session after it was created or changed.", simpleResolvers: true })
export class SessionPayload {
  @Field(() => SessionType, { nullable: true, description: "The session as it is now; null when the call was refused." })
  session!: object | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType("CreateSessionsPayload", {
  description: "The sessions that one call created, edited or found as they shall be.",
  simpleResolvers: true,
})
export class CreateSessionsPayload {
  @Field(() => [SessionType], { description: "The sessions, in the order given; empty in a dry run or when the call was refused." })
  sessions!: readonly object[];

  @Field(() => [ImportOutcome], { description: "What became (in a dry run: would become) of each session, in the order given." })
  outcomes!: readonly ImportOutcome[];

  @Field(() => Cursor, { nullable: true, description: "The position of this write in the change log; null when nothing was written." })
  cursor!: string | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@Resolver()
export class SessionMutationResolver {
  @VerbMutation(() => SessionPayload, { description: "Create a session with its playbacks. Needs EDITOR." })
  async createSession(
    @Input(() => CreateSessionInputType, createSessionInput) input: z.output<typeof createSessionInput>,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionPayload>> {
    return presentSession(context, await createSession(context, input));
  }

  @VerbMutation(() => CreateSessionsPayload, {
    empty: { sessions: [], outcomes: [] },
    description:
      "Create several sessions, or with UPSERT edit those that are there and differ: for scripts that provision. All or none, at most 1,000; a dry run says what would become of each. Needs EDITOR.",
  })
  async createSessions(
    @Input(() => CreateSessionsInputType, createSessionsInput) input: z.output<typeof createSessionsInput>,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<CreateSessionsPayload>> {
    const { ids, outcomes, cursor } = await (input.mode === ImportMode.UPSERT ? upsertSessions : createSessions)(context, input);
    const loader = context.loaders.of(sessionLoader);
    const sessions = await Promise.all(ids.map((id) => loader.load(id)));
    return {
      sessions: sessions.filter((session) => session !== null),
      outcomes,
      cursor,
    };
  }

  @VerbMutation(() => SessionPayload, { description: "Change a session. Needs EDITOR." })
  async updateSession(
    @Input(() => UpdateSessionInputType, updateSessionInput) input: z.output<typeof updateSessionInput>,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionPayload>> {
    return presentSession(context, await updateSession(context, input));
  }

  @VerbMutation(() => SessionPayload, { description: "Give a stopped session one more playback. Needs EDITOR." })
  async addPlayback(
    @Input(() => AddPlaybackInputType, addPlaybackInput) input: z.output<typeof addPlaybackInput>,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionPayload>> {
    return presentSession(context, await addPlayback(context, input));
  }

  @VerbMutation(() => SessionPayload, { description: "Change a playback of a stopped session. Needs EDITOR." })
  async updatePlayback(
    @Input(() => UpdatePlaybackInputType, updatePlaybackInput) input: z.output<typeof updatePlaybackInput>,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionPayload>> {
    return presentSession(context, await updatePlayback(context, input));
  }

  @VerbMutation(() => SessionPayload, {
    description: "Take playbacks off a stopped session, all or none; one has to remain. Needs EDITOR.",
  })
  async removePlaybacks(
    @Input(() => RemovePlaybacksInputType, removePlaybacksInput) input: z.output<typeof removePlaybacksInput>,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionPayload>> {
    return presentSession(context, await removePlaybacks(context, input));
  }
}

async function presentSession(context: RequestContext, id: string | null): Promise<PayloadOf<SessionPayload>> {
  return { session: id === null ? null : await context.loaders.of(sessionLoader).load(id) };
}
