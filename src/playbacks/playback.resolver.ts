import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { Url } from "../graphql/scalars.ts";
import { sessionLoader } from "../sessions/session.loaders.ts";
import { SessionType } from "../sessions/session.type.ts";
import { templateLoader } from "../templates/template.loader.ts";
import { TemplateType } from "../templates/template.type.ts";
import { OUTPUT_TYPE_FACTS } from "./playback.rules.ts";
import type { PlaybackRow } from "./playback.store.ts";
import { PlaybackAddressType, PlaybackType } from "./playback.type.ts";

@Resolver(() => PlaybackType)
export class PlaybackResolver {
  @FieldResolver(() => TemplateType, { description: "The template that it is encoded with from its next start on." })
  async template(@Root() playback: PlaybackRow, @Ctx() context: RequestContext): Promise<object | null> {
    return context.loaders.of(templateLoader).load(playback.templateId);
  }

  @FieldResolver(() => SessionType, { description: "The session that it is an output of." })
  async session(@Root() playback: PlaybackRow, @Ctx() context: RequestContext): Promise<object | null> {
    return context.loaders.of(sessionLoader).load(playback.sessionId);
  }

  @FieldResolver(() => [PlaybackAddressType], {
    description: "Where the output goes, each URL with its rendition; for HTTP outputs the addresses that players open.",
  })
  async addresses(@Root() playback: PlaybackRow, @Ctx() context: RequestContext): Promise<PlaybackAddressType[]> {
    if (playback.type === "HTTP") {
      return [hlsUrl(playback, context), dashUrl(playback, context)].flatMap((url) => (url === null ? [] : [{ url, rendition: null }]));
    }
    const template = await context.loaders.of(templateLoader).load(playback.templateId);
    const isPerRendition = OUTPUT_TYPE_FACTS[playback.type].urlCount === "PER_RENDITION";
    return playback.urls.map((url, place) => ({ url, rendition: (isPerRendition && template?.renditions[place]) || null }));
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description: "What a player opens for HLS. Stable, and there before the first start; 404 until output exists. Null without HLS.",
  })
  hlsUrl(@Root() playback: PlaybackRow, @Ctx() context: RequestContext): string | null {
    return hlsUrl(playback, context);
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description: "What a player opens for DASH. Stable, and there before the first start; 404 until output exists. Null without DASH.",
  })
  dashUrl(@Root() playback: PlaybackRow, @Ctx() context: RequestContext): string | null {
    return dashUrl(playback, context);
  }
}

function hlsUrl(playback: PlaybackRow, context: RequestContext): string | null {
  return playback.hlsEnabled ? `${context.publicUrl}/live/${playback.pathToken}/index.m3u8` : null;
}

function dashUrl(playback: PlaybackRow, context: RequestContext): string | null {
  return playback.dashEnabled ? `${context.publicUrl}/live/${playback.pathToken}/manifest.mpd` : null;
}
