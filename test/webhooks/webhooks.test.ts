import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CHANGE_KIND_NAMES } from "../../src/changes/change.rules.ts";
import { WEBHOOK_COUNT_LIMIT } from "../../src/webhooks/webhook.rules.ts";
import {
  CreateWebhookDocument,
  DeleteWebhooksDocument,
  ResendWebhookDocument,
  UpdateWebhookDocument,
  WebhooksDocument,
} from "../generated/documents.ts";
import { codeWords, readPage } from "../support/pages.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

let server: TestServer;
let caller: TestCaller;
beforeAll(async () => {
  server = await startTestServer({ allowedNetworks: [] });
});
afterAll(() => server.stop());
beforeEach(async () => {
  caller = await server.otherOrganization();
});

const KINDS = ["session.created", "session.status_changed"];
const create = async (input: object = {}, by: TestCaller = caller) =>
  (await by.graphql(CreateWebhookDocument, { input: { url: "https://partner.example.org/hooks", kinds: KINDS, ...input } })).createWebhook;
const update = async (input: { id: string }, by: TestCaller = caller) => (await by.graphql(UpdateWebhookDocument, { input })).updateWebhook;
const list = async () => (await caller.graphql(WebhooksDocument, {})).webhooks;
const codes = (payload: { readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] }[] }) =>
  payload.userErrors.map(({ code, path }) => `${code} ${path.join(".")}`);

describe("webhooks", () => {
  it("are made with a secret that is shown once, listed, changed and deleted, and the audit has it all", async () => {
    const made = await create();
    expect(made).toMatchObject({
      secret: expect.stringMatching(/^whsec_/),
      webhook: { url: "https://partner.example.org/hooks", kinds: KINDS, isEnabled: true, disabledReason: null, failingSince: null },
      userErrors: [],
    });
    const { id } = made.webhook!;
    expect(await list()).toMatchObject({ totalCount: 1, nodes: [{ id, deliveries: { totalCount: 0, nodes: [] } }] });
    expect(JSON.stringify(await list())).not.toContain("whsec");
    expect((await update({ id, kinds: ["alert.raised"], isEnabled: false } as never)).webhook).toMatchObject({
      kinds: ["alert.raised"],
      isEnabled: false,
      url: "https://partner.example.org/hooks",
    });
    const node = await caller.graphql(`query ($id: ID!) { node(id: $id) { id ... on Webhook { kinds } } }`, { id });
    expect(node["node"]).toEqual({ id, kinds: ["alert.raised"] });
    expect((await caller.graphql(DeleteWebhooksDocument, { input: { ids: [id] } })).deleteWebhooks).toEqual({
      deletedIds: [id],
      userErrors: [],
    });
    expect(await list()).toMatchObject({ totalCount: 0, nodes: [] });
    expect((await caller.graphql(`query ($id: ID!) { node(id: $id) { id } }`, { id }))["node"]).toBeNull();
    const entries = await caller.graphql(`query ($id: ID!) { auditEntries(objectId: $id) { nodes { verb } } }`, { id });
    expect(entries["auditEntries"].nodes.map(({ verb }: { verb: string }) => verb)).toEqual(["DELETE", "UPDATE", "CREATE"]);
  });

  it("keep the secrets of their URLs to themselves, which a masked one sent back leaves as they are", async () => {
    const url = "https://user:pass-word@partner.example.org/hooks/0123456789abcdef0123?token=s3cr3t-token";
    const { webhook } = await create({ url });
    expect(webhook!.url).not.toMatch(/pass-word|s3cr3t|0123456789abcdef/);
    const [row] = await server.database.executor.execute<{ row: string }>(
      sql`select to_jsonb(w)::text as row from webhooks w where id = ${webhook!.id}`,
    );
    expect(row!.row).not.toMatch(/pass-word|s3cr3t|0123456789abcdef|whsec/);
    expect(codes(await update({ id: webhook!.id, url: webhook!.url } as never))).toEqual([]);
    expect(codes(await update({ id: webhook!.id, url: webhook!.url.replace("partner", "other") } as never))).toEqual([
      "INVALID_VALUE input.url",
    ]);
    expect((await update({ id: webhook!.id, url: "http://other.example.org/" } as never)).webhook!.url).toBe("http://other.example.org/");
  });

  it.each([
    "ftp://partner.example.org/",
    "http://127.0.0.1/",
    "http://localhost:4000/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://metadata.google.internal/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://239.1.1.1/",
    "http://0.0.0.0/",
  ])("refuse the address %s", async (url) => {
    const made = await create({ url });
    expect(made).toMatchObject({ webhook: null, secret: null });
    expect(codes(made)).toEqual([expect.stringMatching(/^(INVALID_VALUE|URL_NOT_ALLOWED) input\.url$/)]);
  });

  it("refuse kinds that there are none of, and none at all", async () => {
    expect(codes(await create({ kinds: ["session.created", "session.exploded"] }))).toEqual(["INVALID_VALUE input.kinds.1"]);
    expect(codes(await create({ kinds: [] }))).toEqual(["INVALID_VALUE input.kinds"]);
    expect((await create({ kinds: [...CHANGE_KIND_NAMES] })).webhook!.kinds).toEqual(CHANGE_KIND_NAMES);
  });

  it("are made once for a key, and the same call sees its secret again, which is kept nowhere in clear", async () => {
    const first = await create({ idempotencyKey: "k" });
    expect(await create({ idempotencyKey: "k" })).toEqual(first);
    expect(codes(await create({ idempotencyKey: "k", kinds: ["alert.raised"] }))).toEqual(["IDEMPOTENCY_KEY_REUSED input.idempotencyKey"]);
    expect((await list()).totalCount).toBe(1);
    const [kept] = await server.database.executor.execute<{ rows: string }>(
      sql`select jsonb_agg(to_jsonb(k))::text as rows from idempotency_keys k where organization_id = ${caller.organizationId}`,
    );
    expect(kept!.rows).toContain(first.webhook!.id);
    expect(kept!.rows).not.toContain("whsec");
    await caller.graphql(DeleteWebhooksDocument, { input: { ids: [first.webhook!.id] } });
    expect(await create({ idempotencyKey: "k" })).toEqual({ webhook: null, secret: null, userErrors: [] });
  });

  it("are so many at most, whoever makes them at once", async () => {
    const results = await Promise.all(Array.from({ length: WEBHOOK_COUNT_LIMIT + 5 }, () => create()));
    expect(results.filter(({ webhook }) => webhook !== null)).toHaveLength(WEBHOOK_COUNT_LIMIT);
    expect(results.flatMap(codes)).toEqual(Array.from({ length: 5 }, () => "TOO_MANY_ITEMS input"));
  });

  it("are for ADMIN alone, and of one organization", async () => {
    const { webhook } = await create({}, server);
    const id = webhook!.id;
    const editor = await server.callerOfLevel("EDITOR");
    expect(codes(await create({}, editor))).toEqual(["ACCESS_LEVEL_REQUIRED "]);
    expect(codes(await update({ id }, editor))).toEqual(["ACCESS_LEVEL_REQUIRED "]);
    expect((await editor.ask(WebhooksDocument, {})).errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect((await editor.graphql(`query ($id: ID!) { node(id: $id) { id } }`, { id }))["node"]).toBeNull();
    for (const unknown of [id, "webhook_00000000000000000000000000", "x"]) {
      expect(codes(await update({ id: unknown }))).toEqual(["NOT_FOUND input.id"]);
      expect(codes((await caller.graphql(DeleteWebhooksDocument, { input: { ids: [unknown] } })).deleteWebhooks)).toEqual([
        "NOT_FOUND input.ids.0",
      ]);
      const input = { id: unknown, deliveryIds: ["x"] };
      expect(codes((await caller.graphql(ResendWebhookDocument, { input })).resendWebhook)).toEqual(["NOT_FOUND input.id"]);
    }
    expect((await caller.graphql(`query ($id: ID!) { node(id: $id) { id } }`, { id }))["node"]).toBeNull();
  });

  it("want to be told what to send again", async () => {
    const { webhook } = await create();
    const resend = async (input: object) =>
      codes((await caller.graphql(ResendWebhookDocument, { input: { id: webhook!.id, ...input } })).resendWebhook);
    expect(await resend({})).toEqual(["REQUIRED input.after"]);
    expect(await resend({ deliveryIds: ["a"], after: "AAAA" })).toEqual(["NOT_APPLICABLE input.after"]);
    expect(await resend({ deliveryIds: ["a"] })).toEqual(["NOT_FOUND input.deliveryIds.0"]);
    expect(await resend({ after: "AAAA" })).toEqual(["INVALID_VALUE input.after"]);
    await update({ id: webhook!.id, isEnabled: false } as never);
    expect(await resend({ after: "AAAA" })).toEqual(["INVALID_STATE input.id"]);
  });

  it("have their kinds named in the documentation", () => {
    expect(codeWords(readPage("docs/integrating.md"))).toEqual(expect.arrayContaining([...CHANGE_KIND_NAMES]));
  });
});
