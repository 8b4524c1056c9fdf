import { apiKeyHash, apiKeyPrefix, newApiKey } from "../../src/access/api-key.rules.ts";
import { insertApiKey } from "../../src/access/api-key.store.ts";
import type { AccessLevel } from "../../src/access/level.rules.ts";
import type { Database } from "../../src/database/database.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { createGraphqlClient, type GraphqlAnswerError } from "./clients.ts";
import { startTestServer } from "./server.ts";

/** What a GraphQL request answered; each test knows the shape of what it asked for. */
export interface Answer<Data> {
  readonly data: Data;
  /** Left out when there are none. */
  readonly errors?: readonly GraphqlAnswerError[];
}

export type Ask = <Data = unknown>(document: string, variables?: object) => Promise<Answer<Data>>;

/** An organization of its own and its callers. */
export interface TestOrganization {
  readonly id: string;
  /** As its ADMIN. */
  readonly ask: Ask;
  /** As a new key of this level. */
  readonly as: (level: AccessLevel) => Promise<Ask>;
}

export interface FrontDoor {
  readonly database: Database;
  readonly url: string;
  /** A new organization for each test, so that one never sees what another one left. */
  readonly organization: () => Promise<TestOrganization>;
  readonly askWith: (key: string) => Ask;
  readonly close: () => Promise<void>;
}

/** A test server that many organizations ask, none of which may use private networks. */
export async function openFrontDoor(): Promise<FrontDoor> {
  const server = await startTestServer({ allowedNetworks: [] });
  const { database, url } = server;
  const askWith = (key: string) => askOver(url, key);
  return {
    database,
    url,
    askWith,
    async organization() {
      const { organizationId, key } = await server.otherOrganization();
      return { id: organizationId, ask: askWith(key), as: async (level) => askWith(await insertKey(database, organizationId, level)) };
    },
    close: () => server.stop(),
  };
}

function askOver(url: string, key: string): Ask {
  const client = createGraphqlClient(url, key);
  return async <Data>(document: string, variables: object = {}) => {
    const { data, errors } = await client.ask<Data, object>(document, variables);
    return { data: data as Data, ...(errors.length > 0 && { errors }) };
  };
}

/** Written into the table, so that it can be named after its level. */
async function insertKey(database: Database, organizationId: string, accessLevel: AccessLevel): Promise<string> {
  const key = newApiKey();
  const shown = { prefix: apiKeyPrefix(key), keyHash: apiKeyHash(key) };
  const id = newIdentifier("apikey");
  await insertApiKey(database.executor, { id, organizationId, name: accessLevel, accessLevel, ...shown, createdAt: null, expiresAt: null });
  return key;
}
