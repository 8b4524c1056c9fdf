import { Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { findLevelRefusal } from "../access/actor.ts";
import type { PathSample } from "../encoder/telemetry.rules.ts";
import type { RequestContext } from "../graphql/request.ts";
import { Url } from "../graphql/scalars.ts";
import { playbacksOfSessionLoader, sessionLoader, sourceSecretsLoader } from "../sessions/session.loaders.ts";
import type { SessionRow } from "../sessions/session.store.ts";
import { SessionType } from "../sessions/session.type.ts";
import { required } from "../shared/assert.ts";
import { viewerCountLoader } from "../viewers/viewer.loader.ts";
import type { IngestProtocol } from "./event.enums.ts";
import { eventLoader, ingestAddressesLoader, pathsLoader } from "./event.loader.ts";
import { activeIngestOf, ingestStateOf } from "./event-ingest.rules.ts";
import { IngestRole } from "./event.rules.ts";
import type { EventLanguageRow } from "./event.store.ts";
import { previewUrl, watchUrl } from "./watch-url.ts";
import { EventLanguageType, IngestEndpointType, IngestType } from "./event.type.ts";

/** An ingest as its resolvers see it. */
interface IngestRoot extends IngestType {
  readonly sessionId: string;
  readonly eventId: string;
}

async function pathTokenOf({ loaders }: RequestContext, sessionId: string): Promise<string | null> {
  const [playback] = (await loaders.of(playbacksOfSessionLoader).load(sessionId)) ?? [];
  return playback?.pathToken ?? null;
}

@Resolver(() => EventLanguageType)
export class EventLanguageResolver {
  @FieldResolver(() => SessionType, { description: "The session that feeds it; acted on through the event alone." })
  async session(@Root() language: EventLanguageRow, @Ctx() { loaders }: RequestContext): Promise<SessionRow> {
    return required(await loaders.of(sessionLoader).load(language.sessionId), "session of a language");
  }

  @FieldResolver(() => IngestType, { description: "Its main signal." })
  async primary(@Root() language: EventLanguageRow, @Ctx() context: RequestContext): Promise<IngestRoot> {
    return ingestOf(context, language, "PRIMARY");
  }

  @FieldResolver(() => IngestType, { description: "Its backup signal, NOT_CONFIGURED where it has none." })
  async backup(@Root() language: EventLanguageRow, @Ctx() context: RequestContext): Promise<IngestRoot> {
    return ingestOf(context, language, "BACKUP");
  }

  @FieldResolver(() => IngestRole, { nullable: true, description: "The signal that attendees see now; null while neither arrives." })
  async activeIngest(@Root() language: EventLanguageRow, @Ctx() { loaders }: RequestContext): Promise<IngestRole | null> {
    return activeIngestOf(await loaders.of(pathsLoader).load(language.sessionId));
  }

  @FieldResolver(() => Int, {
    description: "How many watch it now, by what they fetched within the last 15 s; 0 unless the event is LIVE.",
  })
  async viewerCount(@Root() language: EventLanguageRow, @Ctx() { loaders }: RequestContext): Promise<number> {
    return (await loaders.of(viewerCountLoader).load(language.sessionId)) ?? 0;
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description:
      "What players open for HLS: 404 unless the event is LIVE. Always the same; of an event with an access code signed, and good for a day.",
  })
  async hlsUrl(@Root() { sessionId, eventId }: EventLanguageRow, @Ctx() context: RequestContext): Promise<string | null> {
    const event = required(await context.loaders.of(eventLoader).load(eventId), "event of a language");
    const token = await pathTokenOf(context, sessionId);
    return token === null ? null : watchUrl(context, event.access, token);
  }
}

@Resolver(() => IngestType)
export class IngestResolver {
  @FieldResolver(() => [IngestEndpointType], {
    description:
      "The ways to push the signal: by everything that the encoder listens for that holds the language, or would; empty while none is known. SRT once it has a passphrase: a language from before it could be pushed by SRT gets that when an encoder takes it next.",
  })
  async endpoints(@Root() { role, sessionId }: IngestRoot, @Ctx() { loaders }: RequestContext): Promise<readonly IngestEndpointType[]> {
    const addresses = (await loaders.of(ingestAddressesLoader).load(sessionId)) ?? {};
    const secrets = await loaders.of(sourceSecretsLoader).load(sessionId);
    const { streamKey = null, srtStreamKey = null, srtPassphrase = null } = (role === "PRIMARY" ? secrets : secrets?.backup) ?? {};
    const endpoint = (
      protocol: IngestProtocol,
      serverUrl: string | undefined,
      keys: Pick<IngestEndpointType, "streamKey" | "srtPassphrase">,
    ): readonly IngestEndpointType[] => (serverUrl === undefined ? [] : [{ protocol, serverUrl, ...keys }]);
    const byRtmp = { streamKey, srtPassphrase: null };
    return [
      ...endpoint("RTMPS", addresses.rtmps, byRtmp),
      ...endpoint("RTMP", addresses.rtmp, byRtmp),
      ...(srtPassphrase === null ? [] : endpoint("SRT", addresses.srt, { streamKey: srtStreamKey ?? streamKey, srtPassphrase })),
    ];
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description:
      "What it looks like, for OPERATOR and above: while the event is TESTING or LIVE, of the signal that is encoded; signed, and good for a day. Null else.",
  })
  async previewUrl(@Root() { role, sessionId, eventId }: IngestRoot, @Ctx() context: RequestContext): Promise<string | null> {
    const { loaders, actor } = context;
    const event = await loaders.of(eventLoader).load(eventId);
    const isEncoded = event?.status === "TESTING" || event?.status === "LIVE";
    if (!isEncoded || findLevelRefusal(actor, "test events") !== null) return null;
    if (activeIngestOf(await loaders.of(pathsLoader).load(sessionId)) !== role) return null;
    const token = await pathTokenOf(context, sessionId);
    return token === null ? null : previewUrl(context, token);
  }
}

async function ingestOf({ loaders }: RequestContext, language: EventLanguageRow, role: IngestRole): Promise<IngestRoot> {
  const reading = await loaders.of(pathsLoader).load(language.sessionId);
  const path: PathSample | null = (role === "PRIMARY" ? reading?.pathA : reading?.pathB) ?? null;
  return {
    id: `${language.id}/${role.toLowerCase()}`,
    sessionId: language.sessionId,
    eventId: language.eventId,
    role,
    state: ingestStateOf(path, role === "PRIMARY" || language.isBackupEnabled),
    lastSeenAt: path?.lastSeenAt ? new Date(path.lastSeenAt) : null,
    bitrateKbps: path?.isConnected ? path.bitrateKbps : null,
    serverAvailable: reading?.isServed ?? false,
  };
}
