import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { Url } from "../graphql/scalars.ts";
import { ingestUrlLoader } from "./ingest-url.loader.ts";
import { INPUT_TYPE_FACTS } from "./session.rules.ts";
import { SessionSourceType } from "./session.type.ts";

/** A source as its resolvers see it: its session's id stands behind its own. */
interface SourceRoot extends Pick<SessionSourceType, "type"> {
  readonly sessionId: string;
}

@Resolver(() => SessionSourceType)
export class IngestUrlResolver {
  @FieldResolver(() => Url, {
    nullable: true,
    description:
      "Where senders push to. The stream key is left out: for RTMP it is the last part of the path (`rtmp://HOST:PORT/live/KEY`), for SRT the stream ID (`srt://HOST:PORT?streamid=KEY`). While the session runs it is that of its encoder, else that of the region's; null for inputs that are not pushed, and while no encoder of the region takes them. Of an event's session the one for RTMP: `Ingest.endpoints` has all of both its signals.",
  })
  async ingestUrl(@Root() source: SourceRoot, @Ctx() { loaders }: RequestContext): Promise<string | null> {
    return INPUT_TYPE_FACTS[source.type].isPush ? loaders.of(ingestUrlLoader).load(source.sessionId) : null;
  }
}
