import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createGraphqlClient } from "../support/clients.ts";
import { createTestDatabase } from "../support/database.ts";
import { makeTestDirectory } from "../support/own-postgres.ts";
import { runHeadend, startHeadend } from "../support/process.ts";
import { startTokenIssuer, type TokenIssuer } from "../support/token-issuer.ts";

const AUDIENCE = "headend";

let directory: ReturnType<typeof makeTestDirectory>;
let issuer: TokenIssuer;
let environment: Readonly<Record<string, string>>;
beforeEach(async () => {
  directory = makeTestDirectory();
  issuer = await startTokenIssuer();
  environment = {
    PORT: "0",
    HEADEND_DATA_DIR: join(directory.path, "data"),
    HEADEND_JWT_ISSUER: issuer.issuer,
    HEADEND_JWT_AUDIENCE: AUDIENCE,
    HEADEND_JWT_JWKS_URL: issuer.keySetUrl,
  };
});
afterEach(async () => {
  await issuer.shut();
  directory.remove();
});

const claims = (rest: Readonly<Record<string, unknown>> = {}) => ({
  ...{ iss: issuer.issuer, aud: AUDIENCE, sub: "olivia", exp: Math.floor(Date.now() / 1_000) + 60 },
  ...{ organization: "Default", access_level: "OPERATOR" },
  ...rest,
});

it("a gateway that is started with an issuer takes its tokens, and no others", async () => {
  const database = await createTestDatabase();
  const headend = startHeadend(["gateway"], { environment: { ...environment, DATABASE_URL: database.url } });
  try {
    const [, url = ""] = await headend.wrote(/The API is at (\S+)\/graphql/);
    const ask = async (token: string) => {
      const { caller } = await createGraphqlClient(url, token).graphql("{ caller { actor accessLevel organization { name } } }");
      return caller as unknown;
    };
    expect(await ask(await issuer.sign(claims()))).toEqual({
      actor: "jwt:olivia",
      accessLevel: "OPERATOR",
      organization: { name: "Default" },
    });
    for (const wrong of [{ aud: "another" }, { iss: "https://another.example" }, { exp: Math.floor(Date.now() / 1_000) - 60 }])
      await expect(ask(await issuer.sign(claims(wrong)))).rejects.toThrow("UNAUTHENTICATED");
  } finally {
    await headend.stop();
    await database.drop();
  }
});

it("the doctor reads the issuer's keys, and says what becomes of tokens while they cannot be read", async () => {
  const doctor = async () => runHeadend(["doctor"], { environment });
  expect((await doctor()).output).toMatch(/OK +tokens +of \S+, checked with 1 key\n/);
  issuer.mood = "HTML";
  const { code, output } = await doctor();
  expect(code).toBe(0);
  expect(output).toMatch(/LIMITED +tokens +The keys of .* cannot be read.*SERVICE_UNAVAILABLE.*API keys work/);
});
