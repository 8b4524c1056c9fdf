import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { required } from "../../src/shared/assert.ts";
import { createWorld, type World } from "../encoder/world.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

interface Statement {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

let server: TestServer;
/** Another gateway, which does just what it is asked. */
let counting: TestServer;
let world: World;
const sent: Statement[] = [];

beforeAll(async () => {
  server = await startTestServer();
  counting = await startTestServer({ share: server, onStatement: (text, parameters) => sent.push({ text, parameters }) });
  world = await createWorld(server.database, server.organizationId);
});
afterAll(async () => {
  await world.close();
  await counting.stop();
  await server.stop();
});

let made = 0;
async function createTemplate(): Promise<string> {
  const { createTemplate: answer } = await server.graphql(
    `mutation ($input: CreateTemplateInput!) { createTemplate(input: $input) { template { id } userErrors { code } } }`,
    { input: { name: `Ladder ${(made += 1)}`, renditions: [{ name: "source", isPassthrough: true }] } },
  );
  return (answer as Loose)["template"].id as string;
}

interface Page {
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
  readonly totalCount: number;
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const PAGE_OF = (more: string) => `query (
  $filter: SessionFilter, $first: Int, $after: String, $last: Int, $before: String, $direction: SortDirection, $orderBy: SessionOrder) {
  sessions(filter: $filter, first: $first, after: $after, last: $last, before: $before, direction: $direction, orderBy: $orderBy) {
    nodes { id name ${more} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
/** By one statement, and by the resolvers: what waits for a restart has no column. */
const QUERIES = { "one statement": PAGE_OF(""), resolvers: PAGE_OF("pendingChanges { path }") } as const;

const readPage = async (reader: TestServer, query: string, variables: object): Promise<Page> =>
  (await reader.graphql(query, variables))["sessions"] as Page;

/** The statement once more, for another connection. */
const asSent = ({ text, parameters }: Statement) =>
  sql.join(text.split(/(\$\d+)/).map((part) => (/^\$\d+$/.test(part) ? sql.param(parameters[Number(part.slice(1)) - 1]) : sql.raw(part))));

const PAGE_SIZE = 50;

describe("of ten thousand sessions", () => {
  let common = "";
  let rare = "";

  beforeAll(async () => {
    [common, rare] = [await createTemplate(), await createTemplate()];
    const [first = ""] = await world.createSessions(1, {}, { templateId: common });
    const { executor } = server.database;
    // The last hundred by name use the rare template, with two playbacks each; the hundred before them, and one in a hundred, were edited.
    await executor.execute(sql`
      insert into sessions (id, organization_id, stream_id, name, name_key, name_order, search_text, region, labels, input_type, desired_status,
        status, has_edits)
      select 'session_' || lpad(n::text, 26, '0'), organization_id, 's' || n, 'Many ' || n, 'many ' || n, 'many ' || lpad(n::text, 10, '0'), '',
        region, labels, input_type, 'RUNNING', case when n % 3 = 0 then 'FAILED' else 'RUNNING' end, n % 100 = 1 or n between 9800 and 9900
      from sessions, generate_series(1, 10000) n where id = ${first}`);
    await executor.execute(sql`
      insert into playbacks (id, session_id, session_name_order, position, name, name_key, type, template_id, urls, path_token,
        started_renditions, started_template_version)
      select 'playback_' || lpad(n::text, 25, '0') || place, 'session_' || lpad(n::text, 26, '0'), 'many ' || lpad(n::text, 10, '0'), place,
        'Output ' || place, 'output ' || place, 'HTTP', case when n > 9900 and place < 2 then ${rare} else ${common} end, '{}', n || '/' || place,
        case when s.has_edits then '[]'::jsonb end, 0
      from generate_series(1, 10000) n join sessions s on s.id = 'session_' || lpad(n::text, 26, '0'), generate_series(0, 2) place`);
    await executor.execute(sql`analyze sessions, playbacks`);
  });

  /** What the statements of a page read of sessions and playbacks: rows of scans of all of them, and rows that an index leads to. */
  async function readingOf(query: string, variables: object) {
    sent.length = 0;
    const page = await readPage(counting, query, variables);
    const statement = required(
      sent.find(({ text }) => /from "?sessions"?\s/.test(text) && text.includes("order by")),
      "page",
    );
    // Whatever else runs meanwhile counts elsewhere: a transaction asks for what itself did.
    return server.database.transaction("reading", async (transaction) => {
      const counters = async () => {
        const [row] = await transaction.execute<{ whole: number; entries: number }>(sql`
          select sum(seq_tup_read)::integer as whole, sum(idx_tup_fetch)::integer as entries
          from pg_stat_xact_user_tables where relname in ('sessions', 'playbacks')`);
        return required(row, "counters");
      };
      const before = await counters();
      await transaction.execute(asSent(statement));
      const after = await counters();
      return { page, whole: after.whole - before.whole, entries: after.entries - before.entries };
    });
  }

  it.each([
    // A page's sessions, the one after them, and their playbacks: up to three of a template, and as many of which it is asked whether they were edited.
    { what: "a template of few", filter: () => ({ templateId: rare }), count: 100, most: 200 },
    { what: "a template of most", filter: () => ({ templateId: common }), count: 10_001, most: 300 },
    { what: "a template and a status", filter: () => ({ templateId: common, status: ["FAILED"] }), count: 3_333, most: 1_000 },
    { what: "pending changes", filter: () => ({ hasPendingChanges: true }), count: 134, most: 300 },
  ])(
    "those of $what are paged in constant time",
    async ({ filter, count, most }) => {
      for (const query of Object.values(QUERIES)) {
        for (const direction of ["ASC", "DESC"]) {
          const seen: string[] = [];
          let after: string | null = null;
          for (let hasNext = true; hasNext;) {
            const { page, ...reading } = await readingOf(query, { filter: filter(), first: PAGE_SIZE, after, direction });
            seen.push(...page.nodes.map(({ id }) => id));
            expect(reading.whole).toBe(0);
            expect(reading.entries).toBeLessThanOrEqual(most);
            after = page.pageInfo.endCursor;
            hasNext = page.pageInfo.hasNextPage;
            // The first pages, and one deep in the list, are enough of a long one.
            if (seen.length === 4 * PAGE_SIZE && count > 1_000) break;
          }
          expect(new Set(seen).size).toBe(seen.length);
          expect(seen.length).toBe(count > 1_000 ? 4 * PAGE_SIZE : count);
        }
      }
    },
    60_000,
  );
});

describe("sessions of a template", () => {
  const NAMES = ["Ä", "b", "Channel 2", "Channel 10", "channel 3", "Évora", "Madrid 1", "Madrid 02", "Ömer", "Zebra"];

  async function write(name: string, input: object): Promise<void> {
    const mutation = name[0]!.toUpperCase() + name.slice(1);
    const { answer } = await server.graphql(
      `mutation ($input: ${mutation}Input!) { answer: ${name}(input: $input) { userErrors { code message } } }`,
      { input },
    );
    // A name may be taken, the last playback stays, and a session may be gone: what is refused changes nothing.
    const codes = ((answer as Loose)["userErrors"] as Loose[]).map(({ code }) => code as string);
    expect(
      codes.filter((code) => !["DUPLICATE_NAME", "INVALID_STATE", "INVALID_VALUE", "REQUIRED", "LAST_PLAYBACK"].includes(code)),
    ).toEqual([]);
  }

  interface Listed {
    readonly id: string;
    readonly playbacks: readonly { readonly id: string; readonly template: { readonly id: string } }[];
  }
  const LIST = `query ($direction: SortDirection) {
    sessions(first: 100, direction: $direction) { nodes { id playbacks { id template { id } } } } }`;
  const listAll = async (direction = "ASC") =>
    ((await server.graphql(LIST, { direction })) as { sessions: { nodes: Listed[] } }).sessions.nodes;

  async function pagesOf(filter: object, { query, direction, isBackward }: { query: string; direction: string; isBackward: boolean }) {
    const pages: string[][] = [];
    let cursor: string | null = null;
    for (;;) {
      const variables = isBackward ? { last: 2, before: cursor } : { first: 2, after: cursor };
      const { nodes, pageInfo } = await readPage(server, query, { filter, direction, ...variables });
      pages.push(nodes.map(({ id }) => id));
      cursor = isBackward ? pageInfo.startCursor : pageInfo.endCursor;
      if (!(isBackward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return (isBackward ? pages.reverse() : pages).flat();
    }
  }

  it("are listed by name, whatever they and their playbacks became", async () => {
    await world.reset();
    const templateIds = [await createTemplate(), await createTemplate()];
    const web = (template: number, name = `web ${Math.random()}`) => ({
      name,
      type: "HTTP",
      hlsEnabled: true,
      templateId: templateIds[template],
    });
    const place = fc.nat({ max: 4 });
    const name = fc.constantFrom(...NAMES);
    const template = fc.nat({ max: 1 });
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .record({ key: fc.nat({ max: 3 }), name, templates: fc.array(template, { minLength: 1, maxLength: 3 }) })
          .map(({ key, name: wanted, templates }) => async () => {
            const playbacks = templates.map((each, index) => web(each, `web ${index}`));
            const session = { name: wanted, externalId: `key-${key}`, source: { type: "RTMP_PUSH" }, playbacks };
            await write("createSessions", { mode: "UPSERT", sessions: [session] });
          }),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(place, name).map(
          ([at, wanted]) =>
            (all: readonly Listed[]) =>
              all[at] && write("updateSession", { id: all[at].id, name: wanted }),
        ),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(place, template).map(
          ([at, of]) =>
            (all: readonly Listed[]) =>
              all[at] && write("addPlayback", { sessionId: all[at].id, playback: web(of) }),
        ),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(place, template).map(
          ([at, of]) =>
            (all: readonly Listed[]) =>
              all[at] && write("updatePlayback", { id: all[at].playbacks[0]!.id, playback: { templateId: templateIds[of] } }),
        ),
      },
      {
        weight: 1,
        arbitrary: place.map(
          (at) => (all: readonly Listed[]) =>
            all[at] && write("removePlaybacks", { sessionId: all[at].id, ids: [all[at].playbacks[0]!.id] }),
        ),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 12, size: "max" }), async (steps) => {
        for (const each of steps) await each(await listAll());
        expect(
          await server.database.executor.execute(sql`
            select p.id from playbacks p join sessions s on s.id = p.session_id where p.session_name_order <> s.name_order`),
        ).toEqual([]);
        for (const direction of ["ASC", "DESC"]) {
          const all = await listAll(direction);
          for (const templateId of templateIds) {
            const users = all
              .filter(({ playbacks }) => playbacks.some((playback) => playback.template.id === templateId))
              .map(({ id }) => id);
            for (const query of Object.values(QUERIES)) {
              for (const isBackward of [false, true]) {
                expect(await pagesOf({ templateId }, { query, direction, isBackward })).toEqual(users);
                const [, ...others] = users;
                expect(await pagesOf({ templateId, ids: others, inputType: ["RTMP_PUSH"] }, { query, direction, isBackward })).toEqual(
                  others,
                );
              }
            }
            if (direction === "DESC") continue;
            const { template: found } = await server.graphql(
              "query ($id: ID!) { template(id: $id) { sessions(first: 100) { totalCount nodes { id } } } }",
              { id: templateId },
            );
            expect(found).toEqual({ sessions: { totalCount: users.length, nodes: users.map((id) => ({ id })) } });
          }
        }
      }),
      { numRuns: 8 },
    );
    const stranger = await server.otherOrganization();
    for (const query of Object.values(QUERIES)) {
      const { sessions } = await stranger.graphql(query, { filter: { templateId: templateIds[0] }, first: 2 });
      expect((sessions as Page).nodes).toEqual([]);
    }
  });
});
