import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { Url } from "../graphql/scalars.ts";
import { imageUrlLoader } from "../images/image.loader.ts";
import type { SessionRow } from "./session.store.ts";
import { SessionType } from "./session.type.ts";

@Resolver(() => SessionType)
export class SessionImageResolver {
  @FieldResolver(() => Url, {
    nullable: true,
    description:
      "The picture that stands for the session, for anybody who knows its address; another picture has another one. Null without.",
  })
  async coverImageUrl(@Root() session: SessionRow, @Ctx() context: RequestContext): Promise<string | null> {
    return session.coverImageId === null ? null : context.loaders.of(imageUrlLoader).load(session.coverImageId);
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description: "The picture that is shown as its slate, from the next start on. Null: the default one.",
  })
  async slateImageUrl(@Root() session: SessionRow, @Ctx() context: RequestContext): Promise<string | null> {
    return session.slateImageId === null ? null : context.loaders.of(imageUrlLoader).load(session.slateImageId);
  }
}
