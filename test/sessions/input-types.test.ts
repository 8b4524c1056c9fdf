import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { INPUT_TYPE_FACTS, InputType } from "../../src/sessions/session.rules.ts";
import { registerEncoder } from "../../src/encoder/encoder.store.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { InputTypesDocument } from "../generated/documents.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const CREATE = `mutation ($input: CreateSessionsInput!) { createSessions(input: $input) { userErrors { code path } } }`;

/** What a dry run says of a session with this source. */
async function refusalsOf(source: object): Promise<readonly { readonly code: string; readonly path: readonly string[] }[]> {
  const input = { dryRun: true, sessions: [{ name: "Tried", playbacks: [], source }] };
  return (await server.graphql(CREATE, { input }))["createSessions"].userErrors;
}

async function register(supportedInputs: readonly InputType[]): Promise<void> {
  const nothing = { supportedOutputs: [], supportedVideoCodecs: [], supportedAudioCodecs: [], missing: [] };
  await server.database.transaction("register", (transaction) =>
    registerEncoder(transaction, {
      id: newIdentifier("encoder"),
      name: supportedInputs.join(" "),
      region: "east",
      isSimulated: false,
      mediaAddress: null,
      ingestAddresses: {},
      capacity: 1,
      capabilities: { ...nothing, supportedInputs },
      version: "0",
    }),
  );
}

/** Two hosts of each kind of input. */
const hostsOf = (type: InputType): readonly [string, string] =>
  type === "MULTICAST_PULL" ? ["239.1.0.134:5000", "239.1.0.135:5000"] : ["example.com:5000", "example.org:5000"];

describe("inputTypes", () => {
  it("tells every type once, from the table of the rules", async () => {
    const { inputTypes } = await server.graphql(InputTypesDocument);
    expect(inputTypes.map(({ type }) => type)).toEqual(Object.values(InputType));
    for (const { type, isRunnable: _, ...facts } of inputTypes) expect(facts).toEqual(INPUT_TYPE_FACTS[type]);
  });

  it("tells what a session is then held to", async () => {
    const { inputTypes } = await server.graphql(InputTypesDocument);
    for (const { type, urlSchemes, isPush, supportsFailover } of inputTypes) {
      const [a, b] = hostsOf(type);
      const codesOf = async (source: object) => (await refusalsOf({ type, ...source })).map(({ code }) => code);
      for (const scheme of urlSchemes) expect(await codesOf({ urlA: `${scheme}://${a}` }), `${type} ${scheme}`).toEqual([]);
      expect(await codesOf({ urlA: `gopher://${a}` }), type).toEqual([urlSchemes.length > 0 ? "URL_NOT_ALLOWED" : "NOT_APPLICABLE"]);
      const [scheme] = urlSchemes;
      const urlA = scheme === undefined ? null : `${scheme}://${a}`;
      expect(await codesOf({ urlA, customStreamKey: "abcdefgh" }), type).toEqual(isPush ? [] : ["NOT_APPLICABLE"]);
      expect(await codesOf({ urlA, urlB: `udp://${b}` }), type).toEqual(supportsFailover ? [] : ["FAILOVER_NOT_SUPPORTED"]);
    }
  });

  it("says what encoders of this version can run while none is online, and then what those can", async () => {
    const runnable = async () =>
      (await server.graphql(InputTypesDocument)).inputTypes.flatMap(({ type, isRunnable }) => (isRunnable ? [type] : []));
    expect(await runnable()).toEqual(Object.values(InputType).filter((type) => type !== "CAPTURE_CARD"));
    await register(["HLS_PULL"]);
    expect(await runnable()).toEqual(["HLS_PULL"]);
    await register(["SRT_PUSH", "HLS_PULL"]);
    expect(await runnable()).toEqual(["HLS_PULL", "SRT_PUSH"]);
  });
});
