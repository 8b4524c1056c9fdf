import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { listAssetsOf } from "../assets/asset.lists.ts";
import { assetsOfEventLoader, eventAssetCountLoader } from "../assets/asset.loaders.ts";
import type { AssetRow } from "../assets/asset.reads.ts";
import { AssetConnection } from "../assets/asset.type.ts";
import { PAGE_ARGUMENT_DESCRIPTIONS, type Connection } from "../graphql/connection.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { StoredEvent } from "./event.store.ts";
import { EventType, OnDemandCheckType } from "./event.type.ts";
import { onDemandCheckOf } from "./on-demand.ts";

@Resolver(() => EventType)
export class EventRecordingResolver {
  @FieldResolver(() => OnDemandCheckType, { description: "Whether its recording can be watched on demand and, if not, why." })
  async onDemand(@Root() event: StoredEvent, @Ctx() context: RequestContext): Promise<OnDemandCheckType> {
    return onDemandCheckOf(context, event);
  }

  @FieldResolver(() => AssetConnection, {
    description: "What was recorded and made of its languages, the newest first. It outlives the event, and is then found by `assets`.",
  })
  async assets(
    @Root() { id }: StoredEvent,
    @Arg("first", () => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first }) first: number | null,
    @Arg("after", () => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after }) after: string | null,
    @Ctx() context: RequestContext,
  ): Promise<Connection<AssetRow>> {
    return listAssetsOf(context, { id, pages: assetsOfEventLoader, counts: eventAssetCountLoader, page: { first, after } });
  }
}
