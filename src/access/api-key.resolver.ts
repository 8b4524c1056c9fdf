import { Args, Ctx, Query, Resolver } from "type-graphql";
import { parsePage, toConnection, type Connection, type ListOrder } from "../graphql/connection.ts";
import { DeletePayload, NOTHING_DELETED } from "../graphql/delete-payload.type.ts";
import { Input } from "../graphql/input.ts";
import { PagingArguments } from "../graphql/paging-arguments.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { assertMayRead } from "./actor.ts";
import { createApiKeyInput, revokeApiKeysInput, type CreateApiKey, type RevokeApiKeys } from "./api-key.input.ts";
import { apiKeyLoader } from "./api-key.loader.ts";
import { countApiKeys, pageApiKeys, type ApiKeyRow } from "./api-key.store.ts";
import { ApiKeyConnection, ApiKeyPayload, CreateApiKeyInput, RevokeApiKeysInput } from "./api-key.type.ts";
import { createApiKey } from "./create-api-key.ts";
import { revokeApiKeys } from "./revoke-api-keys.ts";

const NEWEST_FIRST: ListOrder = { name: "CREATED_AT:DESC", keyType: "timestamptz" };

@Resolver()
export class ApiKeyResolver {
  @Query(() => ApiKeyConnection, {
    description: "A page of the organization's API keys that were not revoked, the newest first. Wants level ADMIN.",
  })
  async apiKeys(@Args(() => PagingArguments) given: PagingArguments, @Ctx() context: RequestContext): Promise<Connection<ApiKeyRow>> {
    assertMayRead(context.actor, "list api keys");
    const { executor } = context.database;
    const { organizationId } = context.actor;
    return toConnection({
      page: await pageApiKeys(executor, organizationId, parsePage(given, NEWEST_FIRST)),
      order: NEWEST_FIRST,
      position: (row) => ({ key: row.createdAt.toISOString(), id: row.id }),
      present: (row) => row,
      totalCount: () => countApiKeys(executor, organizationId),
    });
  }

  @VerbMutation(() => ApiKeyPayload, { description: "Makes an API key and shows it, this once. Wants level ADMIN." })
  async createApiKey(
    @Input(() => CreateApiKeyInput, createApiKeyInput) input: CreateApiKey,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<ApiKeyPayload>> {
    const { id, key } = await createApiKey(context, input);
    return { apiKey: await context.loaders.of(apiKeyLoader).clear(id).load(id), key };
  }

  @VerbMutation(() => DeletePayload, {
    description: "Ends API keys, all or none, from their next request on. The last ADMIN key cannot be ended. Wants level ADMIN.",
    empty: NOTHING_DELETED,
  })
  async revokeApiKeys(
    @Input(() => RevokeApiKeysInput, revokeApiKeysInput) input: RevokeApiKeys,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<DeletePayload>> {
    return { deletedIds: await revokeApiKeys(context, input) };
  }
}
