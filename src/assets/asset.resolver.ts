import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Int, Query, Resolver, Root } from "type-graphql";
import { signedUrlEnd } from "../access/signed-hour.rules.ts";
import { assertMayRead } from "../access/actor.ts";
import { PAGE_ARGUMENT_DESCRIPTIONS, parsePage, toConnection, type Connection } from "../graphql/connection.ts";
import { DeletePayload, NOTHING_DELETED } from "../graphql/delete-payload.type.ts";
import { Input } from "../graphql/input.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { DateTime, Url } from "../graphql/scalars.ts";
import { processLoader } from "../processes/process.loaders.ts";
import { ProcessType } from "../processes/process.type.ts";
import { runLoader } from "../sessions/run.loaders.ts";
import { RunType } from "../sessions/run.type.ts";
import { sessionLoader } from "../sessions/session.loaders.ts";
import { SessionType } from "../sessions/session.type.ts";
import { assetUrlOf, captionsUrlOf } from "./asset-url.ts";
import { CreateClipInputType, DeleteAssetsInputType, ShareAssetInputType } from "./asset.input-type.ts";
import { createClipInput, deleteAssetsInput, shareAssetInput, type CreateClip, type DeleteAssets, type ShareAsset } from "./asset.input.ts";
import { listAssetsOf, NEWEST, NEWEST_FIRST } from "./asset.lists.ts";
import { assetLoader, assetsOfProcessLoader, assetsOfRunLoader, processAssetCountLoader, runAssetCountLoader } from "./asset.loaders.ts";
import { countAssets, pageAssets, type AssetQuery, type AssetRow } from "./asset.reads.ts";
import { AssetKind, AssetStatus, canBeOpened, isShared } from "./asset.rules.ts";
import { AssetConnection, AssetPayload, AssetType } from "./asset.type.ts";
import { createClip } from "./create-clip.ts";
import { deleteAssets } from "./delete-assets.ts";
import { shareAsset } from "./share-asset.ts";

@ArgsType()
class AssetsArguments {
  @Field(() => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first })
  first?: number | null;

  @Field(() => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after })
  after?: string | null;

  @Field(() => [AssetKind], { nullable: true, description: "Those of one of these kinds; null: of any." })
  kind?: readonly AssetKind[] | null;

  @Field(() => [AssetStatus], { nullable: true, description: "Those of one of these statuses; null: of any." })
  status?: readonly AssetStatus[] | null;

  @Field(() => ID, { nullable: true, description: "Those of this session; null: of all, deleted ones among them." })
  sessionId?: string | null;

  @Field(() => DateTime, { nullable: true, description: "Those begun at this moment or later; null: whenever." })
  createdFrom?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "Those begun before this moment; null: whenever." })
  createdTo?: Date | null;
}

const ENCODER_AWAY = "Its encoder is away, and goes on with it once it is back.";

@Resolver(() => AssetType)
export class AssetResolver {
  @Query(() => AssetConnection, { description: "A page of assets, the newest first." })
  async assets(@Args(() => AssetsArguments) given: AssetsArguments, @Ctx() context: RequestContext): Promise<Connection<AssetRow>> {
    assertMayRead(context.actor, "read");
    const { executor } = context.database;
    const query: AssetQuery = {
      organizationId: context.actor.organizationId,
      kinds: given.kind ?? null,
      statuses: given.status ?? null,
      sessionId: given.sessionId ?? null,
      createdFrom: given.createdFrom ?? null,
      createdTo: given.createdTo ?? null,
    };
    const page = parsePage({ first: given.first, after: given.after }, NEWEST_FIRST);
    return toConnection({ ...NEWEST, page: await pageAssets(executor, query, page), totalCount: () => countAssets(executor, query) });
  }

  @VerbMutation(() => AssetPayload, {
    description:
      "Cut a piece out of a replay, running or ended. The clip is an MP4 of its own with a share URL, which opens once the clip is READY and until it is withdrawn or ends with `shareAsset`. The encoder that keeps the replay makes one at a time; of an organization 20 may wait for one encoder. A clip that cannot be made is FAILED with the reason. Needs EDITOR and the package LIVE_PROCESSING.",
  })
  async createClip(
    @Input(() => CreateClipInputType, createClipInput) input: CreateClip,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<AssetPayload>> {
    return { asset: await context.loaders.of(assetLoader).load(await createClip(context, input)) };
  }

  @VerbMutation(() => AssetPayload, {
    description:
      "Open an asset to whoever has its share URL, without credentials, until a moment or until it is withdrawn. Needs EDITOR and the package LIVE_PROCESSING.",
  })
  async shareAsset(
    @Input(() => ShareAssetInputType, shareAssetInput) input: ShareAsset,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<AssetPayload>> {
    const id = await shareAsset(context, input);
    return { asset: await context.loaders.of(assetLoader).clear(id).load(id) };
  }

  @VerbMutation(() => DeletePayload, {
    empty: NOTHING_DELETED,
    description:
      "Delete assets, all or none: they are neither listed nor served from then on, and their files are gone within a minute. One that is still being made is refused. Needs EDITOR and the package LIVE_PROCESSING.",
  })
  async deleteAssets(
    @Input(() => DeleteAssetsInputType, deleteAssetsInput) input: DeleteAssets,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<DeletePayload>> {
    return { deletedIds: await deleteAssets(context, input) };
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Why it failed, or what it waits for while it is being made, in one sentence; null else.",
  })
  statusReason(@Root() asset: AssetRow): string | null {
    return asset.statusReason ?? (asset.status === "IN_PROGRESS" && !asset.isReachable ? ENCODER_AWAY : null);
  }

  @FieldResolver(() => SessionType, { nullable: true, description: "The session that it was made of; null once that is deleted." })
  async session(@Root() { sessionId }: AssetRow, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return sessionId === null ? null : loaders.of(sessionLoader).load(sessionId);
  }

  @FieldResolver(() => ProcessType, {
    nullable: true,
    description: "The process that made it; null once that is removed, and for what none made.",
  })
  async process(@Root() { processId }: AssetRow, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return processId === null ? null : loaders.of(processLoader).load(processId);
  }

  @FieldResolver(() => RunType, { description: "The run of the session that it comes from." })
  async run(@Root() { runId }: AssetRow, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return loaders.of(runLoader).load(runId);
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description:
      "Opens it without credentials for a day; the same for all who ask within an hour, so that caches work. With `?download` behind it a browser saves it. Null while there is nothing to open, once it failed, and while the encoder that keeps it is away.",
  })
  url(@Root() asset: AssetRow, @Ctx() context: RequestContext): string | null {
    return assetUrlOf(context, asset);
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description:
      "Saves the closed captions of CEA-608 that came with the source of a recording, as an SRT file whose times are those of the recording; opens as `url` does. Null where none came, for everything but recordings, and wherever `url` is null.",
  })
  captionsUrl(@Root() asset: AssetRow, @Ctx() context: RequestContext): string | null {
    return captionsUrlOf(context, asset);
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description: "When `url` and `captionsUrl` end, a whole hour; ask for the asset again then. Null without one.",
  })
  urlExpiresAt(@Root() asset: AssetRow, @Ctx() { clock }: RequestContext): Date | null {
    return canBeOpened(asset) && asset.isReachable ? signedUrlEnd(clock.now()) : null;
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description: "Opens it without credentials until the share ends or is withdrawn with `shareAsset`; null while it is not shared.",
  })
  shareUrl(@Root() asset: AssetRow, @Ctx() { publicUrl, clock }: RequestContext): string | null {
    return isShared(asset, clock.now()) ? `${publicUrl}/share/${asset.shareToken}` : null;
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description: "When its share ends by itself; null when it does not, and while it is not shared.",
  })
  shareExpiresAt(@Root() asset: AssetRow, @Ctx() { clock }: RequestContext): Date | null {
    return isShared(asset, clock.now()) ? asset.shareExpiresAt : null;
  }
}

@Resolver(() => ProcessType)
export class ProcessAssetsResolver {
  @FieldResolver(() => AssetConnection, { description: "What it has made, the newest first." })
  async assets(
    @Root() { id }: { readonly id: string },
    @Arg("first", () => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first }) first: number | null,
    @Arg("after", () => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after }) after: string | null,
    @Ctx() context: RequestContext,
  ): Promise<Connection<AssetRow>> {
    return listAssetsOf(context, { id, pages: assetsOfProcessLoader, counts: processAssetCountLoader, page: { first, after } });
  }
}

@Resolver(() => RunType)
export class RunAssetsResolver {
  @FieldResolver(() => AssetConnection, { description: "What was made of it by live processes, the newest first." })
  async assets(
    @Root() { id }: { readonly id: string },
    @Arg("first", () => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first }) first: number | null,
    @Arg("after", () => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after }) after: string | null,
    @Ctx() context: RequestContext,
  ): Promise<Connection<AssetRow>> {
    return listAssetsOf(context, { id, pages: assetsOfRunLoader, counts: runAssetCountLoader, page: { first, after } });
  }
}
