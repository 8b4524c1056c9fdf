import { Args, ArgsType, Ctx, Field, FieldResolver, ID, Int, Query, Resolver, Root } from "type-graphql";
import type { z } from "zod";
import { assertMayRead } from "../access/actor.ts";
import { PAGE_ARGUMENT_DESCRIPTIONS, parsePage, toConnection, type Connection, type ListOrder } from "../graphql/connection.ts";
import { Input } from "../graphql/input.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { Url } from "../graphql/scalars.ts";
import { PlaybackType } from "../playbacks/playback.type.ts";
import { playbackLoader, sessionLoader } from "../sessions/session.loaders.ts";
import type { SessionRow } from "../sessions/session.store.ts";
import { SessionType } from "../sessions/session.type.ts";
import { RenditionType } from "../templates/template.type.ts";
import { configureProcesses } from "./configure-processes.ts";
import { ConfigureProcessesInputType, RemoveProcessesInputType } from "./process.input-type.ts";
import { configureProcessesInput, removeProcessesInput } from "./process.input.ts";
import { processesOfSessionLoader, processLoader, renditionLoader } from "./process.loaders.ts";
import { countProcesses, pageProcesses, type ProcessQuery, type ShownProcess } from "./process.reads.ts";
import { pendingSettings, PROCESS_KIND_FACTS, ProcessKind, settingsNow } from "./process.rules.ts";
import { NO_PROCESSES, ProcessConnection, ProcessesPayload, ProcessSettingsType, ProcessType } from "./process.type.ts";
import { removeProcesses } from "./remove-processes.ts";

const OLDEST_FIRST: ListOrder = { name: "PROCESS:ASC", keyType: "text" };

@ArgsType()
class ProcessesArguments {
  @Field(() => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first })
  first?: number | null;

  @Field(() => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after })
  after?: string | null;

  @Field(() => ProcessKind, { nullable: true, description: "Those of this kind; null: of any." })
  kind?: ProcessKind | null;

  @Field(() => ID, { nullable: true, description: "Those of this session; null: of all." })
  sessionId?: string | null;
}

@Resolver(() => ProcessType)
export class ProcessResolver {
  @Query(() => ProcessConnection, { description: "A page of processes, the oldest first." })
  async processes(
    @Args(() => ProcessesArguments) given: ProcessesArguments,
    @Ctx() context: RequestContext,
  ): Promise<Connection<ShownProcess>> {
    assertMayRead(context.actor, "read");
    const { executor } = context.database;
    const query: ProcessQuery = {
      organizationId: context.actor.organizationId,
      kind: given.kind ?? null,
      sessionId: given.sessionId ?? null,
    };
    return toConnection({
      page: await pageProcesses(executor, query, parsePage({ first: given.first, after: given.after }, OLDEST_FIRST)),
      order: OLDEST_FIRST,
      position: ({ id }) => ({ key: id, id }),
      present: (row) => row,
      totalCount: () => countProcesses(executor, query),
    });
  }

  @VerbMutation(() => ProcessesPayload, {
    empty: NO_PROCESSES,
    description:
      "Set processes of a session on one rendition, several, or all of them; every setting of the call applies, or none. Takes effect with the session's next start. Needs EDITOR and the package LIVE_PROCESSING.",
  })
  async configureProcesses(
    @Input(() => ConfigureProcessesInputType, configureProcessesInput) input: z.output<typeof configureProcessesInput>,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<ProcessesPayload>> {
    return present(context, await configureProcesses(context, input));
  }

  @VerbMutation(() => ProcessesPayload, {
    empty: NO_PROCESSES,
    description:
      "Take processes off their sessions, all or none; their assets stay, and their addresses answer no longer. What runs goes on until its session has stopped or is restarted. Needs EDITOR and the package LIVE_PROCESSING.",
  })
  async removeProcesses(
    @Input(() => RemoveProcessesInputType, removeProcessesInput) input: z.output<typeof removeProcessesInput>,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<ProcessesPayload>> {
    return present(context, await removeProcesses(context, input));
  }

  @FieldResolver(() => SessionType, { description: "The session that it is a process of." })
  async session(@Root() { sessionId }: ShownProcess, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return loaders.of(sessionLoader).load(sessionId);
  }

  @FieldResolver(() => PlaybackType, { description: "The playback whose rendition it is made of." })
  async playback(@Root() { playbackId }: ShownProcess, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return loaders.of(playbackLoader).load(playbackId);
  }

  @FieldResolver(() => RenditionType, { description: "The rendition that it is made of." })
  async rendition(@Root() { renditionId }: ShownProcess, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return loaders.of(renditionLoader).load(renditionId);
  }

  @FieldResolver(() => Boolean, {
    description: "Whether it is made: while the session is under way, as it was started; else as it will be started.",
  })
  isEnabled(@Root() process: ShownProcess): boolean {
    return settingsNow(process).isEnabled;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: "Seconds between two contents, as it was started while the session is under way; null for recordings and replays.",
  })
  intervalSeconds(@Root() process: ShownProcess): number | null {
    return settingsNow(process).intervalSeconds;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      "Length of a motion clip in seconds, most length of a recording or replay, as it was started while the session is under way; null for the entire stream, and for thumbnails.",
  })
  durationSeconds(@Root() process: ShownProcess): number | null {
    return settingsNow(process).durationSeconds;
  }

  @FieldResolver(() => ProcessSettingsType, {
    nullable: true,
    description: "What it is set to by now and takes effect with the next start; null when that is what runs, and while nothing runs.",
  })
  pending(@Root() process: ShownProcess): ProcessSettingsType | null {
    return pendingSettings(process);
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description:
      "The latest content of a thumbnail or motion clip: always this address, which opens without credentials to whoever knows it; 404 until there is content. `rotateSecret` with the id of the process withdraws it and gives another. Null for recordings and replays.",
  })
  url(@Root() { kind, pathToken }: ShownProcess, @Ctx() { publicUrl }: RequestContext): string | null {
    const { contentName } = PROCESS_KIND_FACTS[kind];
    return contentName === null ? null : `${publicUrl}/stills/${pathToken}/${contentName}`;
  }
}

@Resolver(() => SessionType)
export class SessionProcessesResolver {
  @FieldResolver(() => [ProcessType], {
    description: "Its live processes, in the order of its playbacks, their ladders and the kinds; empty when none are configured.",
  })
  async processes(@Root() session: SessionRow, @Ctx() { loaders }: RequestContext): Promise<readonly object[]> {
    return (await loaders.of(processesOfSessionLoader).load(session.id)) ?? [];
  }
}

/** Read anew: what was read before is as it was before the verb. What is gone is left out. */
async function present({ loaders }: RequestContext, ids: readonly string[]): Promise<PayloadOf<ProcessesPayload>> {
  const loader = loaders.of(processLoader);
  const processes = await Promise.all(ids.map((id) => loader.clear(id).load(id)));
  return { processes: processes.filter((process) => process !== null) };
}
