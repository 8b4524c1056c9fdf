import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newIdentifier, randomToken } from "../../src/shared/identifier.ts";
import { openFrontDoor, type Ask, type FrontDoor } from "../support/front-door.ts";

const TEMPLATE = `id name description isDefault version createdAt updatedAt
  renditions { id name isPassthrough videoCodec width height videoBitrateKbps frameRate audioCodec audioBitrateKbps }`;
const PAYLOAD = `template { ${TEMPLATE} } userErrors { code path conflictingId message }`;
const CREATE = `mutation ($input: CreateTemplateInput!) { answer: createTemplate(input: $input) { ${PAYLOAD} } }`;
const UPDATE = `mutation ($input: UpdateTemplateInput!) { answer: updateTemplate(input: $input) { ${PAYLOAD} } }`;
const DELETE = `mutation ($input: DeleteTemplatesInput!) {
  answer: deleteTemplates(input: $input) { deletedIds userErrors { code path conflictingId message } } }`;
const READ = `query ($id: ID!) { template(id: $id) { ${TEMPLATE} } node(id: $id) { id ... on Template { name } } }`;
const LIST = `query ($first: Int, $after: String, $last: Int, $before: String, $search: String) {
  templates(first: $first, after: $after, last: $last, before: $before, search: $search) {
    nodes { name isDefault } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`;

const HD = {
  name: "720p",
  videoCodec: "H264",
  width: 1280,
  height: 720,
  videoBitrateKbps: 3000,
  frameRate: 29.97,
  audioCodec: "AAC",
  audioBitrateKbps: 128,
};
const SOURCE = { name: "source", isPassthrough: true };

interface Rendition {
  readonly id: string;
  readonly name: string;
}
interface Template {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly version: number;
  readonly renditions: readonly Rendition[];
}
interface Refused {
  readonly code: string;
  readonly path: readonly string[];
  readonly conflictingId: string | null;
  readonly message: string;
}
interface Written {
  readonly answer: { readonly template: Template | null; readonly userErrors: readonly Refused[] };
}
interface Listed {
  readonly templates: {
    readonly nodes: readonly { readonly name: string; readonly isDefault: boolean }[];
    readonly pageInfo: { readonly startCursor: string; readonly endCursor: string; readonly hasNextPage: boolean };
    readonly totalCount: number;
  };
}

let door: FrontDoor;
beforeAll(async () => {
  door = await openFrontDoor();
});
afterAll(() => door.close());

async function write(ask: Ask, document: string, input: object): Promise<Written["answer"]> {
  const { data, errors } = await ask<Written>(document, { input });
  expect(errors).toBeUndefined();
  return data.answer;
}

async function create(ask: Ask, input: object = {}): Promise<Template> {
  const { template, userErrors } = await write(ask, CREATE, { name: randomToken(12), renditions: [HD, SOURCE], ...input });
  expect(userErrors).toEqual([]);
  if (!template) throw new Error("nothing was created");
  return template;
}

async function read(ask: Ask, id: string): Promise<Template | null> {
  return (await ask<{ readonly template: Template | null }>(READ, { id })).data.template;
}

async function names(ask: Ask, variables: object = {}): Promise<readonly string[]> {
  return (await ask<Listed>(LIST, variables)).data.templates.nodes.map(({ name }) => name);
}

/** A session that uses the template, written straight into the tables. */
async function useTemplate(organizationId: string, templateId: string, sessionName: string): Promise<string> {
  const id = newIdentifier("session");
  const { executor } = door.database;
  await executor.execute(sql`
    insert into sessions (id, organization_id, stream_id, name, name_key, name_order, search_text, region, labels, input_type)
    values (${id}, ${organizationId}, ${randomToken(10)}, ${sessionName}, ${sessionName}, ${sessionName}, '', 'local', '{}', 'SRT_PUSH')`);
  await executor.execute(sql`
    insert into playbacks (id, session_id, session_name_order, position, name, name_key, type, template_id, urls, path_token)
    values (${newIdentifier("playback")}, ${id}, ${sessionName}, 0, 'a', 'a', 'HTTP', ${templateId}, '{}', ${randomToken(26)})`);
  return id;
}

describe("creating a template", () => {
  it("answers and keeps what was asked for, in its order", async () => {
    const { ask } = await door.organization();
    const { template } = await write(ask, CREATE, { name: "  Ladder  ", description: "for all", renditions: [HD, SOURCE] });
    expect(template).toMatchObject({ name: "Ladder", description: "for all", isDefault: false, version: 1 });
    expect(template?.renditions).toMatchObject([
      { ...HD, isPassthrough: false },
      {
        ...SOURCE,
        videoCodec: null,
        width: null,
        height: null,
        videoBitrateKbps: null,
        frameRate: null,
        audioCodec: null,
        audioBitrateKbps: null,
      },
    ]);
    expect(await read(ask, template?.id ?? "")).toEqual(template);
  });

  it.each<readonly [object, string, readonly string[]]>([
    [{ name: " " }, "INVALID_VALUE", ["name"]],
    [{ name: "x".repeat(201) }, "INVALID_VALUE", ["name"]],
    [{ name: "a\u0000" }, "INVALID_VALUE", ["name"]],
    [{ name: "a\ud800" }, "INVALID_VALUE", ["name"]],
    [{ name: "a\nb" }, "INVALID_VALUE", ["name"]],
    [{ description: "x".repeat(2001) }, "INVALID_VALUE", ["description"]],
    [{ renditions: [] }, "INVALID_VALUE", ["renditions"]],
    [{ renditions: Array.from({ length: 21 }, (_, index) => ({ ...SOURCE, name: `r${index}` })) }, "TOO_MANY_ITEMS", ["renditions"]],
    [{ renditions: [{ ...HD, name: "" }] }, "INVALID_VALUE", ["renditions", "0", "name"]],
    [{ renditions: [HD, { ...HD, name: " 720P " }] }, "DUPLICATE_NAME", ["renditions", "1", "name"]],
    [{ renditions: [{ ...HD, id: "rendition_00000000000000000000000000" }] }, "NOT_FOUND", ["renditions", "0", "id"]],
    [{ renditions: [{ ...HD, videoCodec: null }] }, "REQUIRED", ["renditions", "0", "videoCodec"]],
    [{ renditions: [{ ...HD, frameRate: undefined }] }, "REQUIRED", ["renditions", "0", "frameRate"]],
    [{ renditions: [{ ...HD, audioBitrateKbps: null }] }, "REQUIRED", ["renditions", "0", "audioBitrateKbps"]],
    [{ renditions: [{ ...SOURCE, width: 1280 }] }, "NOT_APPLICABLE", ["renditions", "0", "width"]],
    [{ renditions: [{ ...SOURCE, audioCodec: "AAC" }] }, "NOT_APPLICABLE", ["renditions", "0", "audioCodec"]],
    ...[99, 100_001, -1, 0].map(
      (value) => [{ renditions: [{ ...HD, videoBitrateKbps: value }] }, "INVALID_VALUE", ["renditions", "0", "videoBitrateKbps"]] as const,
    ),
    ...[0.99, 120.01, 0, -25].map(
      (value) => [{ renditions: [{ ...HD, frameRate: value }] }, "INVALID_VALUE", ["renditions", "0", "frameRate"]] as const,
    ),
    ...[15, 513].map(
      (value) => [{ renditions: [{ ...HD, audioBitrateKbps: value }] }, "INVALID_VALUE", ["renditions", "0", "audioBitrateKbps"]] as const,
    ),
    ...[0, 14, 1281, 8194].map(
      (value) => [{ renditions: [{ ...HD, width: value }] }, "INVALID_VALUE", ["renditions", "0", "width"]] as const,
    ),
    [{ renditions: [{ ...HD, height: 721 }] }, "INVALID_VALUE", ["renditions", "0", "height"]],
    [{ idempotencyKey: "" }, "INVALID_VALUE", ["idempotencyKey"]],
  ])("refuses %j with %s", async (input, code, path) => {
    const { ask } = await door.organization();
    const { template, userErrors } = await write(ask, CREATE, { name: "Ladder", renditions: [HD], ...input });
    expect(template).toBeNull();
    expect(userErrors).toMatchObject([{ code, path: ["input", ...path] }]);
    expect(await names(ask)).toEqual([]);
  });

  it.each([
    { videoBitrateKbps: 100, frameRate: 1, width: 16, height: 16, audioBitrateKbps: 16 },
    { videoBitrateKbps: 100_000, frameRate: 120, width: 8192, height: 8192, audioBitrateKbps: 512 },
    { videoCodec: "AV1", audioCodec: "OPUS", frameRate: 23.976 },
  ])("takes the ends of the ranges: %j", async (values) => {
    const { ask } = await door.organization();
    expect((await create(ask, { renditions: [{ ...HD, ...values }] })).renditions).toMatchObject([values]);
  });

  it("tells every error at once", async () => {
    const { ask } = await door.organization();
    const { userErrors } = await write(ask, CREATE, {
      name: "",
      renditions: [{ ...HD, width: 1 }, { ...SOURCE, height: 2 }, { name: "x" }],
    });
    expect(userErrors.map(({ path }) => path.slice(1).join("."))).toEqual(
      expect.arrayContaining([
        "name",
        "renditions.0.width",
        "renditions.1.height",
        "renditions.2.videoCodec",
        "renditions.2.audioBitrateKbps",
      ]),
    );
  });

  it("refuses a name that is there, whatever its case or Unicode form, and of two at once takes one", async () => {
    const { ask } = await door.organization();
    const { id } = await create(ask, { name: "Übersicht" });
    for (const name of ["übersicht", " ÜBERSICHT ", "U\u0308bersicht"]) {
      const { userErrors } = await write(ask, CREATE, { name, renditions: [HD] });
      expect(userErrors).toMatchObject([{ code: "DUPLICATE_NAME", path: ["input", "name"], conflictingId: id }]);
    }
    const twins = await Promise.all([1, 2, 3, 4].map(() => write(ask, CREATE, { name: "Twin", renditions: [HD] })));
    expect(twins.filter(({ template }) => template !== null)).toHaveLength(1);
    expect(twins.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(
      Array.from({ length: 3 }, () => "DUPLICATE_NAME"),
    );
    const other = await door.organization();
    await create(other.ask, { name: "Übersicht" });
  });

  it("is done once for an idempotency key", async () => {
    const { ask } = await door.organization();
    const input = { name: "Once", renditions: [HD], idempotencyKey: "k1" };
    const answers = await Promise.all([1, 2, 3].map(() => write(ask, CREATE, input)));
    expect(new Set(answers.map(({ template }) => template?.id)).size).toBe(1);
    const reused = await write(ask, CREATE, { ...input, name: "Twice" });
    expect(reused.userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
    expect(await names(ask)).toEqual(["Once"]);
  });

  it("is EDITOR's", async () => {
    const { as, ask } = await door.organization();
    const { id } = await create(ask);
    for (const level of ["VIEWER", "OPERATOR"] as const) {
      const low = await as(level);
      expect((await write(low, CREATE, { name: "x", renditions: [HD] })).userErrors).toMatchObject([{ code: "ACCESS_LEVEL_REQUIRED" }]);
      expect((await write(low, UPDATE, { id, name: "x" })).userErrors).toMatchObject([{ code: "ACCESS_LEVEL_REQUIRED" }]);
      expect((await low(DELETE, { input: { ids: [id] } })).data).toMatchObject({
        answer: { deletedIds: [], userErrors: [{ code: "ACCESS_LEVEL_REQUIRED" }] },
      });
      expect(await read(low, id)).not.toBeNull();
    }
    await create(await as("EDITOR"));
  });
});

describe("the default template", () => {
  it("is one, also when several are made it at once", async () => {
    const { ask } = await door.organization();
    const made = await Promise.all([1, 2, 3, 4].map(() => create(ask, { isDefault: true })));
    await Promise.all(made.map(({ id }) => write(ask, UPDATE, { id, isDefault: true })));
    const { nodes } = (await ask<Listed>(LIST, {})).data.templates;
    expect(nodes.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  });

  it("passes on, and can be none", async () => {
    const { ask } = await door.organization();
    const first = await create(ask, { isDefault: true });
    const second = await create(ask);
    expect((await write(ask, UPDATE, { id: second.id, isDefault: true })).template).toMatchObject({ isDefault: true, version: 2 });
    expect(await read(ask, first.id)).toMatchObject({ isDefault: false, version: 2 });
    expect((await write(ask, UPDATE, { id: second.id, name: "Renamed" })).template).toMatchObject({ isDefault: true, version: 3 });
    expect((await write(ask, UPDATE, { id: second.id, isDefault: false })).template).toMatchObject({ isDefault: false, version: 4 });
  });
});

describe("updating a template", () => {
  it("leaves what is left out, clears what is null", async () => {
    const { ask } = await door.organization();
    const { id, renditions, name } = await create(ask, { description: "long" });
    expect((await write(ask, UPDATE, { id, name: "Other" })).template).toMatchObject({ name: "Other", description: "long", renditions });
    expect((await write(ask, UPDATE, { id, description: null })).template).toMatchObject({ name: "Other", description: null, version: 3 });
    expect((await write(ask, UPDATE, { id, name })).template).toMatchObject({ name });
    expect((await write(ask, UPDATE, { id, name: null })).userErrors).toMatchObject([{ code: "REQUIRED", path: ["input", "name"] }]);
  });

  it("keeps the renditions that are named by id, in the new order", async () => {
    const { ask } = await door.organization();
    const { id, renditions } = await create(ask);
    const [hd, source] = renditions;
    const { template } = await write(ask, UPDATE, {
      id,
      renditions: [
        { ...SOURCE, id: source?.id, name: "as it comes" },
        { ...HD, name: "1080p", width: 1920, height: 1080 },
        { ...HD, id: hd?.id, frameRate: 25 },
      ],
    });
    expect(template?.renditions).toMatchObject([
      { id: source?.id, name: "as it comes", isPassthrough: true },
      { name: "1080p", width: 1920 },
      { id: hd?.id, name: "720p", frameRate: 25 },
    ]);
    const swapped = await write(ask, UPDATE, {
      id,
      renditions: [
        { ...HD, id: source?.id },
        { ...SOURCE, id: hd?.id },
      ],
    });
    expect(swapped.template?.renditions).toMatchObject([
      { id: source?.id, name: "720p", width: 1280 },
      { id: hd?.id, name: "source", width: null },
    ]);
  });

  it("refuses renditions of another template, of another organization, and one twice", async () => {
    const [own, other] = [await door.organization(), await door.organization()];
    const template = await create(own.ask);
    const sibling = await create(own.ask);
    const foreign = await create(other.ask);
    const [mine] = template.renditions;
    const { userErrors } = await write(own.ask, UPDATE, {
      id: template.id,
      renditions: [mine?.id, sibling.renditions[0]?.id, foreign.renditions[0]?.id, "nonsense", mine?.id].map((id, index) => ({
        ...HD,
        id,
        name: `r${index}`,
      })),
    });
    expect(userErrors).toMatchObject([
      { code: "NOT_FOUND", path: ["input", "renditions", "1", "id"] },
      { code: "NOT_FOUND", path: ["input", "renditions", "2", "id"] },
      { code: "NOT_FOUND", path: ["input", "renditions", "3", "id"] },
      { code: "DUPLICATE_ID", path: ["input", "renditions", "4", "id"] },
    ]);
    expect(await read(own.ask, template.id)).toEqual(template);
    expect(await read(other.ask, foreign.id)).toEqual(foreign);
  });

  it("of two editors, the one who read the older version is refused", async () => {
    const { ask } = await door.organization();
    const { id } = await create(ask);
    const both = await Promise.all(["a", "b"].map((name) => write(ask, UPDATE, { id, expectedVersion: 1, name })));
    expect(both.map(({ userErrors }) => userErrors.map(({ code }) => code)).flat()).toEqual(["VERSION_CONFLICT"]);
    expect(await read(ask, id)).toMatchObject({ version: 2 });
  });

  it("refuses a taken name, and takes its own in another case", async () => {
    const { ask } = await door.organization();
    const taken = await create(ask, { name: "Taken" });
    const { id } = await create(ask, { name: "Mine" });
    expect((await write(ask, UPDATE, { id, name: "TAKEN" })).userErrors).toMatchObject([
      { code: "DUPLICATE_NAME", conflictingId: taken.id },
    ]);
    expect((await write(ask, UPDATE, { id, name: "MINE" })).template).toMatchObject({ name: "MINE" });
  });

  it("does not know a template of another organization", async () => {
    const [own, other] = [await door.organization(), await door.organization()];
    const { id } = await create(other.ask);
    for (const unknown of [id, newIdentifier("template"), "nonsense", "template_\u{1f600}", "x".repeat(5000)]) {
      expect((await write(own.ask, UPDATE, { id: unknown, name: "x", isDefault: true })).userErrors).toMatchObject([
        { code: "NOT_FOUND", path: ["input", "id"] },
      ]);
      expect((await own.ask(READ, { id: unknown })).data).toEqual({ template: null, node: null });
    }
    expect(await read(other.ask, id)).toMatchObject({ version: 1, isDefault: false });
  });
});

describe("deleting templates", () => {
  it("is all or nothing, and names each that cannot go", async () => {
    const [own, other] = [await door.organization(), await door.organization()];
    const [free, used] = [await create(own.ask), await create(own.ask)];
    const foreign = await create(other.ask);
    await useTemplate(own.id, used.id, "b session");
    const first = await useTemplate(own.id, used.id, "a session");
    const answer = await own.ask<{ readonly answer: { readonly userErrors: readonly Refused[] } }>(DELETE, {
      input: { ids: [free.id, used.id, foreign.id, free.id, "nonsense"] },
    });
    expect(answer.data).toMatchObject({
      answer: {
        deletedIds: [],
        userErrors: [
          { code: "TEMPLATE_IN_USE", path: ["input", "ids", "1"], conflictingId: first },
          { code: "NOT_FOUND", path: ["input", "ids", "2"] },
          { code: "DUPLICATE_ID", path: ["input", "ids", "3"] },
          { code: "NOT_FOUND", path: ["input", "ids", "4"] },
        ],
      },
    });
    expect(answer.data.answer.userErrors[0]?.message).toContain("“a session” and 1 more");
    expect((await own.ask(DELETE, { input: { ids: [free.id] } })).data).toEqual({ answer: { deletedIds: [free.id], userErrors: [] } });
    expect(await read(own.ask, free.id)).toBeNull();
    expect(await read(other.ask, foreign.id)).toEqual(foreign);
  });

  it("takes 1 to 100 ids", async () => {
    const { ask } = await door.organization();
    expect((await ask(DELETE, { input: { ids: [] } })).data).toMatchObject({ answer: { userErrors: [{ code: "INVALID_VALUE" }] } });
    const ids = Array.from({ length: 101 }, () => newIdentifier("template"));
    expect((await ask(DELETE, { input: { ids } })).data).toMatchObject({ answer: { userErrors: [{ code: "TOO_MANY_ITEMS" }] } });
  });
});

describe("listing templates", () => {
  it("is by name, numbers by value, in both directions", async () => {
    const { ask } = await door.organization();
    for (const name of ["Ladder 10", "ladder 2", "Éclair", "zebra", "Ladder 1"]) await create(ask, { name });
    const all = ["Éclair", "Ladder 1", "ladder 2", "Ladder 10", "zebra"];
    expect(await names(ask)).toEqual(all);
    const start = (await ask<Listed>(LIST, { first: 2 })).data.templates;
    expect(start).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    expect(await names(ask, { first: 2, after: start.pageInfo.endCursor })).toEqual(all.slice(2, 4));
    const end = (await ask<Listed>(LIST, { last: 2 })).data.templates;
    expect(end.nodes.map(({ name }) => name)).toEqual(all.slice(3));
    expect(await names(ask, { last: 2, before: end.pageInfo.startCursor })).toEqual(all.slice(1, 3));
    const other = await door.organization();
    expect(await names(other.ask)).toEqual([]);
  });

  it("searches part of the name, any character taken literally", async () => {
    const { ask } = await door.organization();
    for (const name of ["100% sports", "100x Sports", "under_score", "underXscore", "back\\slash", "Straße"]) await create(ask, { name });
    expect(await names(ask, { search: "SPORTS" })).toEqual(["100% sports", "100x Sports"]);
    expect(await names(ask, { search: "0%" })).toEqual(["100% sports"]);
    expect(await names(ask, { search: "r_s" })).toEqual(["under_score"]);
    expect(await names(ask, { search: "\\" })).toEqual(["back\\slash"]);
    expect(await names(ask, { search: "straß" })).toEqual(["Straße"]);
    expect(await names(ask, { search: "  " })).toHaveLength(6);
    expect((await ask(LIST, { search: "x".repeat(201) })).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expect((await ask(LIST, { search: "a\u0000" })).errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });
});

describe("the change log", () => {
  it("tells what became of templates, the lost default too", async () => {
    const { ask, id: organizationId } = await door.organization();
    const first = await create(ask, { name: "First", isDefault: true });
    const second = await create(ask, { name: "Second", isDefault: true });
    await write(ask, UPDATE, { id: second.id, name: "2nd" });
    await ask(DELETE, { input: { ids: [first.id] } });
    await write(ask, UPDATE, { id: second.id, expectedVersion: 1, name: "refused" });
    const rows = await door.database.executor.execute<Record<string, unknown>>(sql`
      select object, object_id, kind, actor, before, after from changes where organization_id = ${organizationId} order by id`);
    expect(rows.map(({ kind, object_id: id, before, after }) => ({ kind, id, before, after }))).toEqual([
      { kind: "CREATED", id: first.id, before: null, after: { name: "First", isDefault: true } },
      { kind: "UPDATED", id: first.id, before: { name: "First", isDefault: true }, after: { name: "First", isDefault: false } },
      { kind: "CREATED", id: second.id, before: null, after: { name: "Second", isDefault: true } },
      { kind: "UPDATED", id: second.id, before: { name: "Second", isDefault: true }, after: { name: "2nd", isDefault: true } },
      { kind: "DELETED", id: first.id, before: { name: "First", isDefault: false }, after: null },
    ]);
    expect(rows.every(({ object, actor }) => object === "TEMPLATE" && actor === "key:First admin key")).toBe(true);
  });
});

describe("whatever is sent", () => {
  it("is answered, and never by a fault of ours", async () => {
    const { ask } = await door.organization();
    const { id } = await create(ask);
    const text = fc.string({ unit: "binary", maxLength: 30 });
    const value = fc.oneof(fc.constant(null), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
    const rendition = fc.record(
      {
        name: text,
        id: fc.oneof(text, fc.constant(null)),
        isPassthrough: fc.boolean(),
        videoCodec: fc.constantFrom("H264", "AV1", null),
        width: value,
        height: value,
        videoBitrateKbps: value,
        frameRate: fc.oneof(value, fc.double({ noNaN: true, noDefaultInfinity: true })),
        audioCodec: fc.constantFrom("AAC", null),
        audioBitrateKbps: value,
      },
      { requiredKeys: ["name"] },
    );
    const input = fc.record({
      name: text,
      description: fc.oneof(text, fc.constant(null)),
      renditions: fc.array(rendition, { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(input, async (given) => {
        for (const [document, whole] of [
          [CREATE, given],
          [UPDATE, { id, ...given }],
        ] as const) {
          const { data, errors } = await ask<Written>(document, { input: whole });
          expect(errors).toBeUndefined();
          expect(data.answer.template === null).toBe(data.answer.userErrors.length > 0);
        }
      }),
      { numRuns: 60 },
    );
  });
});
