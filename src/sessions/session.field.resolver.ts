import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { PlaybackType } from "../playbacks/playback.type.ts";
import { playbacksOfSessionLoader, sourceSecretsLoader } from "./session.loaders.ts";
import type { SessionRow } from "./session.store.ts";
import { SecretType, SessionCommandType, SessionSourceType, SessionType } from "./session.type.ts";

/** A source as its resolvers see it: its session's id stands behind its own. */
interface SourceRoot {
  readonly sessionId: string;
}

@Resolver(() => SessionType)
export class SessionFieldResolver {
  @FieldResolver(() => SessionSourceType, { description: "Where the signal comes from." })
  source(@Root() session: SessionRow): SourceRoot & Omit<SessionSourceType, "streamKey" | "srtPassphrase"> {
    const { recoveryIntervalSeconds, errorThresholdPercent, nextRecoveryAt } = session;
    return {
      id: session.id.replace(/^session_/, "source_"),
      sessionId: session.id,
      type: session.inputType,
      urlA: session.urlA,
      urlB: session.urlB,
      activePath: session.activePath,
      failover: recoveryIntervalSeconds === null ? null : { recoveryIntervalSeconds, errorThresholdPercent, nextRecoveryAt },
      srtEncryptionEnabled: session.srtEncryptionEnabled,
      hlsScte35PassthroughEnabled: session.hlsScte35PassthroughEnabled,
    };
  }

  @FieldResolver(() => [PlaybackType], { description: "The outputs, in their order." })
  async playbacks(@Root() session: SessionRow, @Ctx() context: RequestContext): Promise<readonly object[]> {
    return (await context.loaders.of(playbacksOfSessionLoader).load(session.id)) ?? [];
  }

  @FieldResolver(() => SessionCommandType, {
    nullable: true,
    description: "What was last asked of it, by whom and when; null when nothing was.",
  })
  lastCommand(@Root() session: SessionRow): SessionCommandType | null {
    const { lastCommandVerb: verb, lastCommandActor: actor, lastCommandAt: at } = session;
    return verb !== null && actor !== null && at !== null ? { verb, actor, at } : null;
  }
}

@Resolver(() => SessionSourceType)
export class SessionSourceFieldResolver {
  @FieldResolver(() => SecretType, {
    nullable: true,
    description: "What a sender has to present; null for inputs that are not pushed to us.",
  })
  async streamKey(@Root() source: SourceRoot, @Ctx() context: RequestContext): Promise<SecretType | null> {
    return (await context.loaders.of(sourceSecretsLoader).load(source.sessionId))?.streamKey ?? null;
  }

  @FieldResolver(() => SecretType, { nullable: true, description: "The passphrase of the SRT encryption; null without encryption." })
  async srtPassphrase(@Root() source: SourceRoot, @Ctx() context: RequestContext): Promise<SecretType | null> {
    return (await context.loaders.of(sourceSecretsLoader).load(source.sessionId))?.srtPassphrase ?? null;
  }
}
