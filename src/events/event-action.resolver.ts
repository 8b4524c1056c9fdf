import { Ctx, Resolver } from "type-graphql";
import { Input } from "../graphql/input.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { addEventLanguage } from "./add-event-language.ts";
import { configureBackupIngest } from "./configure-backup-ingest.ts";
import {
  AddEventLanguageInput,
  ConfigureBackupIngestInput,
  EventActionInput,
  GoLiveInput,
  RemoveEventLanguagesInput,
  RotateIngestKeysInput,
  StopEventInput,
} from "./event.input-type.ts";
import {
  addEventLanguageInput,
  configureBackupIngestInput,
  eventActionInput,
  goLiveInput,
  removeEventLanguagesInput,
  rotateIngestKeysInput,
  stopEventInput,
  type AddEventLanguage,
  type ConfigureBackupIngest,
  type EventAction,
  type GoLive,
  type RemoveEventLanguages,
  type RotateIngestKeys,
  type StopEvent,
} from "./event.input.ts";
import { eventLoader } from "./event.loader.ts";
import { EventPayload } from "./event.type.ts";
import { goLive } from "./go-live.ts";
import { removeEventLanguages } from "./remove-event-languages.ts";
import { rotateIngestKeys } from "./rotate-ingest-keys.ts";
import { startEventTest } from "./start-event-test.ts";
import { stopEventTest } from "./stop-event-test.ts";
import { stopEvent } from "./stop-event.ts";

type Answer = Promise<PayloadOf<EventPayload>>;

@Resolver()
export class EventActionResolver {
  @VerbMutation(() => EventPayload, { description: "Gives an event that is not live yet one more language. Wants level EDITOR." })
  async addEventLanguage(
    @Input(() => AddEventLanguageInput, addEventLanguageInput) input: AddEventLanguage,
    @Ctx() context: RequestContext,
  ): Answer {
    return show(context, await addEventLanguage(context, input));
  }

  @VerbMutation(() => EventPayload, { description: "Takes languages from an event that is not live yet. Wants level EDITOR." })
  async removeEventLanguages(
    @Input(() => RemoveEventLanguagesInput, removeEventLanguagesInput) input: RemoveEventLanguages,
    @Ctx() context: RequestContext,
  ): Answer {
    return show(context, await removeEventLanguages(context, input));
  }

  @VerbMutation(() => EventPayload, {
    description: "Says whether a language has a backup signal; once live that is refused with BACKUP_LOCKED. Wants level EDITOR.",
  })
  async configureBackupIngest(
    @Input(() => ConfigureBackupIngestInput, configureBackupIngestInput) input: ConfigureBackupIngest,
    @Ctx() context: RequestContext,
  ): Answer {
    return show(context, await configureBackupIngest(context, input));
  }

  @VerbMutation(() => EventPayload, {
    description:
      "Gives a language of an event that is not live new stream keys, and over SRT new passphrases, under the ids that they had: revealSecret gives them out. Cuts senders off; once live it is refused with INVALID_STATE. Wants level OPERATOR.",
  })
  async rotateIngestKeys(
    @Input(() => RotateIngestKeysInput, rotateIngestKeysInput) input: RotateIngestKeys,
    @Ctx() context: RequestContext,
  ): Answer {
    return show(context, await rotateIngestKeys(context, input));
  }

  @VerbMutation(() => EventPayload, { description: "Encodes an event for its operator alone. Wants level OPERATOR." })
  async startEventTest(@Input(() => EventActionInput, eventActionInput) input: EventAction, @Ctx() context: RequestContext): Answer {
    return show(context, await startEventTest(context, input));
  }

  @VerbMutation(() => EventPayload, { description: "Ends the test of an event. Wants level OPERATOR." })
  async stopEventTest(@Input(() => EventActionInput, eventActionInput) input: EventAction, @Ctx() context: RequestContext): Answer {
    return show(context, await stopEventTest(context, input));
  }

  @VerbMutation(() => EventPayload, {
    description:
      "Takes an event live: refused with NO_INGEST where no signal of a language arrives, and with CONFIRMATION_REQUIRED where only its backup does. Wants level OPERATOR.",
  })
  async goLive(@Input(() => GoLiveInput, goLiveInput) input: GoLive, @Ctx() context: RequestContext): Answer {
    return show(context, await goLive(context, input));
  }

  @VerbMutation(() => EventPayload, { description: "Ends a live event for ever. Wants level OPERATOR, and `confirm: true`." })
  async stopEvent(@Input(() => StopEventInput, stopEventInput) input: StopEvent, @Ctx() context: RequestContext): Answer {
    return show(context, await stopEvent(context, input));
  }
}

async function show(context: RequestContext, id: string): Answer {
  return { event: await context.loaders.of(eventLoader).load(id) };
}
