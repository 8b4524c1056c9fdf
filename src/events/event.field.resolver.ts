import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { findLevelRefusal } from "../access/actor.ts";
import type { RequestContext } from "../graphql/request.ts";
import { EVENT_ACTION_PERMISSIONS, findEventBlockers, type EventActionName } from "./event-actions.rules.ts";
import { signalsOf } from "./event-ingest.rules.ts";
import { eventLoader, pathsLoader } from "./event.loader.ts";
import { BACKUP_ONLY_LIMITATIONS, BackupOnlyLimitation } from "./event.rules.ts";
import type { EventLanguageRow, StoredEvent } from "./event.store.ts";
import { checkGoLive, type DecidedEvent } from "./event.transitions.ts";
import { EventActionsType, EventLanguageType, EventType, GoLiveCheckType } from "./event.type.ts";
import { SessionType } from "../sessions/session.type.ts";
import type { SessionRow } from "../sessions/session.store.ts";
import type { ActionState } from "../sessions/session-actions.rules.ts";

@Resolver(() => EventType)
export class EventFieldResolver {
  @FieldResolver(() => [EventLanguageType], { description: "Its languages, in the order that attendees see." })
  languages(@Root() event: StoredEvent): readonly EventLanguageRow[] {
    return event.languages;
  }

  @FieldResolver(() => GoLiveCheckType, { description: "What going live would meet at this moment." })
  async goLiveCheck(@Root() event: StoredEvent, @Ctx() context: RequestContext): Promise<GoLiveCheckType> {
    return checkGoLive(await decidedEvent(context, event));
  }

  @FieldResolver(() => [BackupOnlyLimitation], {
    description: "What it goes without since a language of it went live with its backup alone; empty else.",
  })
  limitations(@Root() event: StoredEvent): readonly BackupOnlyLimitation[] {
    return event.languages.some(({ isBackupOnly }) => isBackupOnly) ? BACKUP_ONLY_LIMITATIONS : [];
  }

  @FieldResolver(() => EventActionsType, {
    description: "For each thing that can be asked of it, whether it may be asked now by this caller and, if not, why.",
  })
  async actions(@Root() event: StoredEvent, @Ctx() context: RequestContext): Promise<EventActionsType> {
    const blockers = findEventBlockers(await decidedEvent(context, event));
    const stateOf = (name: EventActionName): ActionState => {
      const refusal = findLevelRefusal(context.actor, EVENT_ACTION_PERMISSIONS[name]);
      const all = [...(refusal ? [refusal] : []), ...blockers[name]];
      return { allowed: all.length === 0, blockers: all };
    };
    return {
      id: event.id.replace(/^event_/, "eventactions_"),
      startTest: stateOf("startTest"),
      stopTest: stateOf("stopTest"),
      goLive: stateOf("goLive"),
      stop: stateOf("stop"),
      edit: stateOf("edit"),
    };
  }
}

@Resolver(() => SessionType)
export class SessionEventResolver {
  @FieldResolver(() => EventType, { nullable: true, description: "The event whose language it feeds; null for a session of its own." })
  async event(@Root() session: SessionRow, @Ctx() { loaders }: RequestContext): Promise<StoredEvent | null> {
    return session.eventId === null ? null : loaders.of(eventLoader).load(session.eventId);
  }
}

async function decidedEvent({ loaders }: RequestContext, event: StoredEvent): Promise<DecidedEvent> {
  const languages = await Promise.all(
    event.languages.map(async (language) => ({
      code: language.code,
      ...signalsOf(language, await loaders.of(pathsLoader).load(language.sessionId)),
    })),
  );
  return { status: event.status, languages };
}
