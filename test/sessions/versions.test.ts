import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let templateId = "";
beforeAll(async () => {
  server = await startTestServer();
  const { createTemplate } = await server.graphql(
    `mutation { createTemplate(input: { name: "Ladder", renditions: [{ name: "source", isPassthrough: true }] }) { template { id } } }`,
  );
  templateId = (createTemplate as Loose)["template"].id as string;
});
afterAll(() => server.stop());

const SECRETS = "source { streamKey { isGenerated rotatedAt } srtPassphrase { rotatedAt } }";
const SESSION = `session { id version updatedAt name ${SECRETS} playbacks { id urls } lastCommand { verb } } userErrors { code path conflictingId message }`;
const write = async (mutation: string, inputType: string, input: object): Promise<Loose> =>
  (await server.graphql(`mutation ($input: ${inputType}!) { answer: ${mutation}(input: $input) { ${SESSION} } }`, { input }))[
    "answer"
  ] as Loose;

let created = 0;
async function createSession(): Promise<Loose> {
  const { session, userErrors } = await write("createSession", "CreateSessionInput", {
    name: `Channel ${(created += 1)}`,
    description: "A description",
    labels: ["news"],
    externalId: `external ${created}`,
    source: { type: "SRT_PUSH", srtEncryptionEnabled: true, srtPassphrase: "correct horse battery" },
    playbacks: [
      { name: "web", type: "HTTP", hlsEnabled: true, templateId },
      { name: "out", type: "SRT_PUSH", urls: ["srt://out.example:9000?passphrase=correct-horse-battery"], templateId },
    ],
  });
  expect(userErrors).toEqual([]);
  return session as Loose;
}

const updateSession = (input: object) => write("updateSession", "UpdateSessionInput", input);
const updatePlayback = (input: object) => write("updatePlayback", "UpdatePlaybackInput", input);

describe("expectedVersion", () => {
  const EDITS: readonly (readonly [string, (session: Loose, expectedVersion: number) => Promise<Loose>])[] = [
    ["updateSession", ({ id }, expectedVersion) => updateSession({ id, expectedVersion, description: `At ${expectedVersion}` })],
    [
      "addPlayback",
      ({ id }, expectedVersion) =>
        write("addPlayback", "AddPlaybackInput", {
          sessionId: id,
          expectedVersion,
          playback: { name: `at ${expectedVersion}`, type: "HTTP", dashEnabled: true, templateId },
        }),
    ],
    [
      "updatePlayback",
      ({ playbacks }, expectedVersion) => updatePlayback({ id: playbacks[0].id, expectedVersion, playback: { dashEnabled: true } }),
    ],
    [
      "removePlaybacks",
      ({ id, playbacks }, expectedVersion) =>
        write("removePlaybacks", "RemovePlaybacksInput", { sessionId: id, expectedVersion, ids: [playbacks[1].id] }),
    ],
  ];

  it.each(EDITS)("of %s refuses an edit of what was edited since, and changes nothing", async (_name, edit) => {
    const session = await createSession();
    const refused = await edit(session, session["version"] + 1);
    expect(refused["session"]).toBeNull();
    expect(refused["userErrors"]).toMatchObject([
      { code: "VERSION_CONFLICT", path: ["input", "expectedVersion"], conflictingId: session["id"] },
    ]);
    const { session: edited, userErrors } = await edit(session, session["version"] as number);
    expect(userErrors).toEqual([]);
    expect(edited.version).toBe(session["version"] + 1);
    expect((await edit(session, session["version"] as number))["userErrors"]).toMatchObject([{ code: "VERSION_CONFLICT" }]);
  });

  it("of updateTemplate does the same", async () => {
    const UPDATE = `mutation ($input: UpdateTemplateInput!) { updateTemplate(input: $input) { template { version } userErrors { code path conflictingId } } }`;
    const edit = async (expectedVersion: number) =>
      (await server.graphql(UPDATE, { input: { id: templateId, expectedVersion, description: `At ${expectedVersion}` } }))[
        "updateTemplate"
      ] as Loose;
    expect(await edit(7)).toMatchObject({
      template: null,
      userErrors: [{ code: "VERSION_CONFLICT", path: ["input", "expectedVersion"], conflictingId: templateId }],
    });
    expect(await edit(1)).toMatchObject({ template: { version: 2 }, userErrors: [] });
  });

  it("lets one of many edits at once through", async () => {
    const { id, version } = await createSession();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => updateSession({ id, expectedVersion: version, description: `Edit ${index}` })),
    );
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
    expect(answers.flatMap(({ userErrors }) => userErrors).every(({ code }: Loose) => code === "VERSION_CONFLICT")).toBe(true);
  });
});

describe("an edit that changes nothing", () => {
  const changesOf = async (id: string) =>
    (
      await server.database.executor.execute<{ count: number }>(sql`select count(*)::integer as count from changes where object_id = ${id}`)
    )[0]?.count;

  it.each<readonly [string, (session: Loose) => Promise<Loose>]>([
    ["names only the session", ({ id }) => updateSession({ id })],
    ["gives the very texts again", ({ id, name }) => updateSession({ id, name, description: "A description", labels: ["news", "news"] })],
    [
      "gives the very source again",
      ({ id }) => updateSession({ id, source: { srtEncryptionEnabled: true, srtPassphrase: "correct horse battery" } }),
    ],
    ["gives an empty source", ({ id }) => updateSession({ id, source: {}, streamRemap: [], slatesEnabled: false })],
    [
      "gives a playback's masked URLs back",
      ({ playbacks }) => updatePlayback({ id: playbacks[1].id, playback: { urls: playbacks[1].urls, name: "out" } }),
    ],
    [
      "gives a playback's whole URL again",
      ({ playbacks }) =>
        updatePlayback({ id: playbacks[1].id, playback: { urls: ["srt://out.example:9000?passphrase=correct-horse-battery"] } }),
    ],
  ])("leaves version, time, secrets and the log as they are when it %s", async (_name, edit) => {
    const before = await createSession();
    const changes = await changesOf(before["id"] as string);
    const { session, userErrors } = await edit(before);
    expect(userErrors).toEqual([]);
    expect(session).toEqual(before);
    expect(await changesOf(before["id"] as string)).toBe(changes);
  });

  it("is told from one that changes a secret alone", async () => {
    const before = await createSession();
    const { session } = await updateSession({ id: before["id"], source: { srtPassphrase: "another horse battery" } });
    expect(session.version).toBe(before["version"] + 1);
    expect(session.source.srtPassphrase.rotatedAt).not.toBeNull();
    expect(session.source.streamKey.rotatedAt).toBeNull();
    const url = "srt://out.example:9000?passphrase=another-horse-battery";
    const edited = await updatePlayback({ id: before["playbacks"][1].id, playback: { urls: [url] } });
    expect(edited["session"]).toMatchObject({ version: before["version"] + 2, playbacks: [{}, { urls: before["playbacks"][1].urls }] });
  });
});
