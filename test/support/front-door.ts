import { apiKeyHash, apiKeyPrefix, newApiKey } from "../../src/access/api-key.rules.ts";
import { insertApiKey } from "../../src/access/api-key.store.ts";
import type { AccessLevel } from "../../src/access/level.rules.ts";
import { createVault } from "../../src/access/vault.ts";
import { createBell } from "../../src/changes/bell.ts";
import { openChangeLog } from "../../src/changes/change-log.ts";
import type { Database } from "../../src/database/database.ts";
import { buildHeadendSchema } from "../../src/graphql/schema.ts";
import { createOrganization } from "../../src/organizations/create-organization.ts";
import { startServer } from "../../src/server/http.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { newIdentifier, randomToken } from "../../src/shared/identifier.ts";
import { createLog } from "../../src/shared/log.ts";
import { openTestDatabase } from "./database.ts";

/** What a GraphQL request answered; each test knows the shape of what it asked for. */
export interface Answer<Data> {
  readonly data: Data;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
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
  readonly organization: () => Promise<TestOrganization>;
  readonly askWith: (key: string) => Ask;
  readonly close: () => Promise<void>;
}

/** A gateway over a database of its own, asked over HTTP as by any client. */
export async function openFrontDoor(): Promise<FrontDoor> {
  const test = await openTestDatabase();
  const { database } = test;
  const log = createLog({ level: "silent" });
  const bell = createBell({ database, log });
  const changeLog = await openChangeLog({ database, log });
  const server = await startServer({
    schema: buildHeadendSchema(),
    host: "127.0.0.1",
    port: 0,
    changeLog,
    allowedOrigins: [],
    originHandler: null,
    base: {
      database,
      clock: systemClock,
      log,
      vault: createVault(Buffer.alloc(32, 7)),
      bell,
      network: { allowedNetworks: [] },
      defaultRegion: "local",
      publicUrl: "http://127.0.0.1:4000",
    },
  });
  const askWith =
    (key: string): Ask =>
    (document, variables) =>
      ask({ url: server.url, key, document, variables });
  return {
    database,
    url: server.url,
    askWith,
    async organization() {
      const made = await createOrganization(database, `Organization ${randomToken(12)}`, { packages: ["EVENTS"] });
      return { id: made.id, ask: askWith(made.adminKey), as: async (level) => askWith(await insertKey(database, made.id, level)) };
    },
    async close() {
      await server.close();
      await changeLog.close();
      await test.close();
    },
  };
}

interface AskRequest {
  readonly url: string;
  readonly key: string;
  readonly document: string;
  readonly variables: object | undefined;
}

async function ask<Data>({ url, key, document, variables = {} }: AskRequest): Promise<Answer<Data>> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: document, variables }),
  });
  return (await response.json()) as Answer<Data>;
}

async function insertKey(database: Database, organizationId: string, accessLevel: AccessLevel): Promise<string> {
  const key = newApiKey();
  const shown = { prefix: apiKeyPrefix(key), keyHash: apiKeyHash(key) };
  const id = newIdentifier("apikey");
  await insertApiKey(database.executor, { id, organizationId, name: accessLevel, accessLevel, ...shown, createdAt: null, expiresAt: null });
  return key;
}
