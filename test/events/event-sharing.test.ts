import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccessLevel } from "../../src/access/level.rules.ts";
import { embedHtmlOf } from "../../src/events/embed-html.rules.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let templateId: string;

beforeAll(async () => {
  server = await startTestServer();
  const { createTemplate } = await server.graphql(
    `mutation { createTemplate(input: { name: "Source", renditions: [{ name: "Source", isPassthrough: true }] }) { template { id } } }`,
  );
  templateId = createTemplate.template.id;
});
afterAll(() => server.stop());

interface Sharing {
  readonly id: string;
  readonly access: string;
  readonly accessCode: string | null;
  readonly url: string;
  readonly embedHtml: string;
}

const SHARING = `query ($id: ID!) { event(id: $id) { sharing { id access accessCode url embedHtml } } }`;
const sharingOf = async (id: string, caller: Pick<TestServer, "graphql"> = server): Promise<Sharing> =>
  (await caller.graphql<{ event: { sharing: Sharing } }>(SHARING, { id })).event.sharing;

async function createEvent(input: object = {}): Promise<string> {
  const { createEvent: made } = await server.graphql(
    `mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id } userErrors { code } } }`,
    { input: { title: "Town hall", languages: [{ code: "de", label: "Deutsch", templateId }], ...input } },
  );
  expect(made.userErrors).toEqual([]);
  return made.event.id as string;
}

async function update(input: object): Promise<readonly { readonly code: string; readonly path: readonly string[] }[]> {
  const { updateEvent } = await server.graphql(
    `mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { userErrors { code path } } }`,
    { input },
  );
  return updateEvent.userErrors;
}

describe("the sharing of an event", () => {
  it("is the address of its page and a frame of it", async () => {
    const id = await createEvent();
    const { embedHtml, ...sharing } = await sharingOf(id);
    const url = `http://127.0.0.1:4000/watch/${id}`;
    expect(sharing).toEqual({ id: id.replace("event_", "eventsharing_"), access: "PUBLIC", accessCode: null, url });
    expect(embedHtml).toMatch(/^<iframe [^<>]+><\/iframe>$/);
    expect(embedHtml).toContain(`src="${url}"`);
    expect(embedHtml).toContain('sandbox="allow-scripts allow-same-origin allow-forms"');
  });

  it("lets no title out of the frame's tag", () => {
    expect(embedHtmlOf({ url: "https://a.example/watch/1", title: `"><script>alert('&')</script>` })).toContain(
      'title="&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;"',
    );
  });

  it.each(Object.values(AccessLevel))("tells %s the access code as the level has it", async (level) => {
    const id = await createEvent({ access: "ACCESS_CODE", accessCode: "Sesame42" });
    const sharing = await sharingOf(id, await server.callerOfLevel(level));
    expect([sharing.access, sharing.accessCode]).toEqual(["ACCESS_CODE", level === "VIEWER" ? null : "Sesame42"]);
  });

  it("tells subscribers of different levels each what theirs may know", async () => {
    const id = await createEvent({ access: "ACCESS_CODE", accessCode: "Sesame42" });
    const [operator, viewer] = [await server.callerOfLevel("OPERATOR"), await server.callerOfLevel("VIEWER")];
    const CHANGES = `subscription ($ids: [ID!]) { eventChanges(ids: $ids, snapshot: true) { kind event { sharing { accessCode } } } }`;
    const followed = [operator, viewer].map((caller) => caller.subscribe(CHANGES, { ids: [id] }));
    for (const changes of followed) await changes.until(({ eventChanges }) => eventChanges.kind === "SNAPSHOT_END");
    expect(await update({ id, accessCode: "Another1" })).toEqual([]);
    const [told, untold] = await Promise.all(followed.map((changes) => changes.next()));
    expect(told!.eventChanges.event.sharing.accessCode).toBe("Another1");
    expect(untold!.eventChanges.event.sharing.accessCode).toBeNull();
  });

  it("is changed at any time: asking for a code wants one, and a public event forgets it", async () => {
    const id = await createEvent();
    expect(await update({ id, access: "ACCESS_CODE" })).toEqual([{ code: "REQUIRED", path: ["input", "accessCode"] }]);
    expect(await update({ id, access: "ACCESS_CODE", accessCode: "12345" })).toEqual([
      { code: "INVALID_VALUE", path: ["input", "accessCode"] },
    ]);
    expect(await sharingOf(id)).toMatchObject({ access: "PUBLIC", accessCode: null });
    expect(await update({ id, access: "ACCESS_CODE", accessCode: "123456" })).toEqual([]);
    expect(await sharingOf(id)).toMatchObject({ access: "ACCESS_CODE", accessCode: "123456" });
    expect(await update({ id, access: "PUBLIC" })).toEqual([]);
    expect(await sharingOf(id)).toMatchObject({ access: "PUBLIC", accessCode: null });
  });

  it("is of one's own events alone", async () => {
    const id = await createEvent({ access: "ACCESS_CODE", accessCode: "Sesame42" });
    const stranger = await server.otherOrganization();
    expect((await stranger.graphql(SHARING, { id })).event).toBeNull();
  });
});
