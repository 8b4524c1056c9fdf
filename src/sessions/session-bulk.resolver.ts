import { Ctx, Field, FieldResolver, ID, Int, ObjectType, Resolver, Root } from "type-graphql";
import type { z } from "zod";
import { clearSessionAlerts } from "../alerts/clear-session-alerts.ts";
import { Input } from "../graphql/input.ts";
import { UserErrorsField, VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { Cursor } from "../graphql/scalars.ts";
import { UserErrorType } from "../graphql/user-error.type.ts";
import type { UserError } from "../shared/user-error.ts";
import type { SessionBulkAnswer, SessionBulkResult } from "./bulk.ts";
import { deleteSessions } from "./delete-sessions.ts";
import { hideSlates } from "./hide-slates.ts";
import { restartSessions } from "./restart-sessions.ts";
import { RestartSessionsInputType, SessionBulkInputType, SwitchSessionInputsInputType } from "./session-bulk.input-type.ts";
import { restartSessionsInput, sessionBulkInput, switchSessionInputsInput } from "./session.input.ts";
import { sessionLoader } from "./session.loaders.ts";
import { Outcome } from "./session.rules.ts";
import { SessionType } from "./session.type.ts";
import { showSlates } from "./show-slates.ts";
import { startSessions } from "./start-sessions.ts";
import { stopSessions } from "./stop-sessions.ts";
import { switchSessionInputs } from "./switch-session-inputs.ts";

@ObjectType("SessionBulkResult", { description: "What became of one session of a bulk call." })
export class SessionBulkResultType {
  @Field(() => ID, { description: "The id as it was asked for." })
  id!: string;

  @Field(() => Outcome, { description: "What became of it." })
  outcome!: SessionBulkResult["outcome"];

  @Field(() => UserErrorType, { nullable: true, description: "Why it was skipped or refused; null when it was accepted." })
  error!: UserError | null;
}

@ObjectType("SessionBulkPayload", {
  description: "The answer of a bulk call: every id, in the order asked for (for a filter: by name).",
  simpleResolvers: true,
})
export class SessionBulkPayload {
  @Field(() => Boolean, { description: "Whether this only tells what would happen." })
  dryRun!: boolean;

  @Field(() => [SessionBulkResultType], { description: "One result for every id." })
  results!: readonly SessionBulkResult[];

  @Field(() => Int, { description: "How many were accepted." })
  acceptedCount!: number;

  @Field(() => Int, { description: "How many were left alone." })
  skippedCount!: number;

  @Field(() => Int, { description: "How many were refused." })
  failedCount!: number;

  @Field(() => Cursor, {
    nullable: true,
    description: "The position of this write: subscribe after it and wait for RUNNING without a race. Null when nothing was written.",
  })
  cursor!: string | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

const EMPTY = { dryRun: false, results: [], acceptedCount: 0, skippedCount: 0, failedCount: 0, cursor: null };

type BulkInput = z.output<typeof sessionBulkInput>;
type SwitchInput = z.output<typeof switchSessionInputsInput>;
type RestartInput = z.output<typeof restartSessionsInput>;

@Resolver()
export class SessionBulkResolver {
  @VerbMutation(() => SessionBulkPayload, { empty: EMPTY, description: "Start sessions that are STOPPED or FAILED. Needs OPERATOR." })
  async startSessions(
    @Input(() => SessionBulkInputType, sessionBulkInput) input: BulkInput,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionBulkPayload>> {
    return toPayload(await startSessions(context, input));
  }

  @VerbMutation(() => SessionBulkPayload, { empty: EMPTY, description: "Stop sessions that are not STOPPED. Needs OPERATOR." })
  async stopSessions(
    @Input(() => SessionBulkInputType, sessionBulkInput) input: BulkInput,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionBulkPayload>> {
    return toPayload(await stopSessions(context, input));
  }

  @VerbMutation(() => SessionBulkPayload, {
    empty: EMPTY,
    description: "Restart sessions that are RUNNING or WAITING, all at once or so many at a time. Needs OPERATOR.",
  })
  async restartSessions(
    @Input(() => RestartSessionsInputType, restartSessionsInput) input: RestartInput,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionBulkPayload>> {
    return toPayload(await restartSessions(context, input));
  }

  @VerbMutation(() => SessionBulkPayload, { empty: EMPTY, description: "Delete sessions that are STOPPED or FAILED. Needs EDITOR." })
  async deleteSessions(
    @Input(() => SessionBulkInputType, sessionBulkInput) input: BulkInput,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionBulkPayload>> {
    return toPayload(await deleteSessions(context, input));
  }

  @VerbMutation(() => SessionBulkPayload, {
    empty: EMPTY,
    description:
      "Clear the open warnings of sessions and their outputs; errors stay. Where a cause still holds, a new alert is raised at once. Needs OPERATOR.",
  })
  async clearSessionAlerts(
    @Input(() => SessionBulkInputType, sessionBulkInput) input: BulkInput,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionBulkPayload>> {
    return toPayload(await clearSessionAlerts(context, input));
  }

  @VerbMutation(() => SessionBulkPayload, {
    empty: EMPTY,
    description: "Switch sessions with failover that are RUNNING or WAITING to a path of their input. Needs OPERATOR.",
  })
  async switchSessionInputs(
    @Input(() => SwitchSessionInputsInputType, switchSessionInputsInput) input: SwitchInput,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionBulkPayload>> {
    return toPayload(await switchSessionInputs(context, input));
  }

  @VerbMutation(() => SessionBulkPayload, {
    empty: EMPTY,
    description:
      "Show the slate of sessions that are started, the sound muted, until it is hidden. Not for templates with passthrough renditions. Needs OPERATOR.",
  })
  async showSlates(
    @Input(() => SessionBulkInputType, sessionBulkInput) input: BulkInput,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionBulkPayload>> {
    return toPayload(await showSlates(context, input));
  }

  @VerbMutation(() => SessionBulkPayload, {
    empty: EMPTY,
    description: "Hide the slate that was asked for; one that shows by itself goes once the input is back. Needs OPERATOR.",
  })
  async hideSlates(
    @Input(() => SessionBulkInputType, sessionBulkInput) input: BulkInput,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<SessionBulkPayload>> {
    return toPayload(await hideSlates(context, input));
  }
}

@Resolver(() => SessionBulkResultType)
export class SessionBulkResultResolver {
  @FieldResolver(() => SessionType, {
    nullable: true,
    description: "The session as it is now; null when there is none, or it was deleted.",
  })
  async session(@Root() result: SessionBulkResult, @Ctx() context: RequestContext): Promise<object | null> {
    return context.loaders.of(sessionLoader).load(result.id);
  }
}

function toPayload({ dryRun, results, cursor }: SessionBulkAnswer): PayloadOf<SessionBulkPayload> {
  const count = (outcome: SessionBulkResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
  return {
    dryRun,
    results,
    acceptedCount: count(Outcome.ACCEPTED),
    skippedCount: count(Outcome.SKIPPED),
    failedCount: count(Outcome.FAILED),
    cursor,
  };
}
