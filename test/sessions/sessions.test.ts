import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { openFrontDoor, type FrontDoor, type TestOrganization } from "../support/front-door.ts";

let door: FrontDoor;
let organization: TestOrganization;

beforeAll(async () => {
  door = await openFrontDoor();
});
afterAll(() => door.close());
beforeEach(async () => {
  organization = await door.organization();
  const created = await organization.ask<{ createTemplate: { template: { id: string } } }>(`mutation {
    createTemplate(input: { name: "Passthrough", isDefault: true, renditions: [{ name: "source", isPassthrough: true }] }) { template { id } }
  }`);
  templateId = created.data.createTemplate.template.id;
});
let templateId: string;

const ERRORS = "userErrors { code path message conflictingId }";
const SESSION = `id name description version status desiredStatus labels externalId streamId
  source { id type urlA urlB failover { recoveryIntervalSeconds errorThresholdPercent } streamKey { id mask isGenerated } srtPassphrase { mask } }
  playbacks { id name type urls hlsUrl dashUrl template { name } addresses { url rendition { name } } }
  lastCommand { verb actor }`;

interface Session {
  id: string;
  name: string;
  version: number;
  description: string | null;
  source: {
    id: string;
    urlA: string | null;
    urlB: string | null;
    failover: object | null;
    streamKey: { id: string; mask: string; isGenerated: boolean } | null;
    srtPassphrase: { mask: string } | null;
  };
  playbacks: { id: string; name: string; urls: string[]; hlsUrl: string | null; addresses: { url: string; rendition: object | null }[] }[];
}
interface Payload {
  session: Session | null;
  userErrors: { code: string; path: string[]; message: string; conflictingId: string | null }[];
}

const HTTP = { name: "web", type: "HTTP", hlsEnabled: true };
const MULTICAST = { type: "MULTICAST_PULL", urlA: "udp://239.1.0.134:5000" };
const SECRET_SRT = "srt://encoder.example.org:9000?passphrase=correct-horse-battery&latency=200";

async function call(name: string, input: object, ask = organization.ask): Promise<Payload> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const answer = await ask<Record<string, Payload>>(
    `mutation ($input: ${type}!) { ${name}(input: $input) { session { ${SESSION} } ${ERRORS} } }`,
    { input },
  );
  const payload = answer.data?.[name];
  if (!payload) throw new Error(JSON.stringify(answer));
  return payload;
}

async function create(input: object = {}): Promise<Session> {
  const { session, userErrors } = await call("createSession", { name: "Channel 1", source: MULTICAST, playbacks: [HTTP], ...input });
  if (!session) throw new Error(JSON.stringify(userErrors));
  return session;
}

const codes = (payload: Payload) => payload.userErrors.map((error) => `${error.code} ${error.path.join(".")}`);

async function bulk(name: string, ids: readonly string[]) {
  const answer = await organization.ask<Record<string, { results: { outcome: string; error: { code: string } | null }[] }>>(
    `mutation ($input: SessionBulkInput!) { ${name}(input: $input) { results { outcome error { code } } userErrors { code } } }`,
    { input: { selection: { ids } } },
  );
  return answer.data[name]?.results.map(({ outcome, error }) => error?.code ?? outcome);
}

describe("creating a session", () => {
  it("answers it STOPPED, with the addresses that players will open", async () => {
    const session = await create({ description: "News", labels: ["news", "news"], externalId: "c-1" });
    expect(session).toMatchObject({ status: "STOPPED", desiredStatus: "STOPPED", version: 1, labels: ["news"], externalId: "c-1" });
    expect(session).toMatchObject({ lastCommand: { verb: "CREATE", actor: expect.stringMatching(/^key:/) } });
    const [playback] = session.playbacks;
    expect(playback?.hlsUrl).toMatch(/^http:\/\/127\.0\.0\.1:4000\/live\/[0-9a-z]{26}\/index\.m3u8$/);
    expect(playback?.addresses).toEqual([{ url: playback?.hlsUrl, rendition: null }]);
  });

  it("tells everything that is wrong at once, and where", async () => {
    const payload = await call("createSession", {
      name: "Channel 1",
      source: { type: "HLS_PULL", urlA: "rtmp://example.org/a", urlB: "https://example.org/b.m3u8" },
      playbacks: [
        { name: "web", type: "HTTP" },
        { name: "WEB", type: "FILE", urls: ["a.mkv"] },
      ],
    });
    expect(payload.session).toBeNull();
    expect(codes(payload)).toEqual([
      "INVALID_VALUE input.source.urlA",
      "FAILOVER_NOT_SUPPORTED input.source.urlB",
      "REQUIRED input.playbacks.0.hlsEnabled",
      "REQUIRED input.playbacks.1.fileFormat",
      "DUPLICATE_NAME input.playbacks.1.name",
    ]);
  });

  it.each([
    ["a name of blanks", { name: " \t" }],
    ["a name that shows as nothing", { name: "\u200b" }],
    ["a name that turns the writing", { name: "a\u202eb" }],
    ["a name with NUL", { name: "a\u0000b" }],
    ["a name with half a character", { name: "a\ud800b" }],
    ["a name that is too long", { name: "x".repeat(201) }],
    ["a passphrase that is too short", { source: { type: "SRT_PUSH", srtEncryptionEnabled: true, srtPassphrase: "short" } }],
    ["too many labels", { labels: Array.from({ length: 51 }, (_, index) => `l${index}`) }],
    ["a region that is none", { region: "../x" }],
  ])("refuses %s as a user error", async (_name, input) => {
    const payload = await call("createSession", { name: "Channel 1", source: MULTICAST, playbacks: [HTTP], ...input });
    expect(payload.userErrors.map((error) => error.code)).toEqual([expect.stringMatching(/INVALID_VALUE|TOO_MANY_ITEMS/)]);
  });

  it("takes a name of 200 characters, wherever its order would be cut", async () => {
    for (const start of ["", "a", "ab", "abc", "abcd"]) await create({ name: `${start}${"1😀".repeat(65)}` });
  });

  it("takes names once, whatever their letter case, spelling and blanks, and tells whose it is", async () => {
    const first = await create({ name: "Café 1" });
    const payload = await call("createSession", { name: "  CAFE\u0301 1 ", source: MULTICAST, playbacks: [HTTP] });
    expect(payload.userErrors).toMatchObject([{ code: "DUPLICATE_NAME", path: ["input", "name"], conflictingId: first.id }]);
  });

  it("gives the name to one of many that ask for it at once", async () => {
    const payloads = await Promise.all(
      Array.from({ length: 8 }, () => call("createSession", { name: "Race", source: MULTICAST, playbacks: [HTTP] })),
    );
    expect(payloads.filter((payload) => payload.session)).toHaveLength(1);
    expect(payloads.flatMap((payload) => codes(payload))).toEqual(Array.from({ length: 7 }, () => "DUPLICATE_NAME input.name"));
  });

  it("generates the key of a push input, and the passphrase of an encrypted one, and shows neither", async () => {
    const session = await create({ source: { type: "SRT_PUSH", srtEncryptionEnabled: true } });
    expect(session.source).toMatchObject({ streamKey: { mask: "••••••••", isGenerated: true }, srtPassphrase: { mask: "••••••••" } });
    const own = await create({ name: "Own", source: { type: "RTMP_PUSH", customStreamKey: "my-own-stream-key" } });
    expect(own.source.streamKey).toMatchObject({ mask: "••••••••", isGenerated: false });
    expect(JSON.stringify(own)).not.toContain("my-own-stream-key");
  });

  it("masks the secrets of URLs, and keeps none of them in clear", async () => {
    const output = "srt://receiver.example.org:7000?passphrase=another-long-secret";
    const session = await create({
      source: { type: "SRT_PULL", urlA: SECRET_SRT },
      playbacks: [{ name: "out", type: "SRT_PUSH", urls: [output] }],
    });
    expect(session.source.urlA).toBe("srt://encoder.example.org:9000?passphrase=••••••••&latency=200");
    expect(session.playbacks[0]?.urls).toEqual(["srt://receiver.example.org:7000?passphrase=••••••••"]);
    const tables = ["sessions", "playbacks", "secrets", "changes", "idempotency_keys"];
    for (const table of tables) {
      const rows = await door.database.executor.execute<{ text: string }>(sql`select t::text as text from ${sql.identifier(table)} t`);
      expect(rows.filter(({ text }) => /correct-horse|another-long/.test(text))).toEqual([]);
    }
  });
});

describe("changing a session", () => {
  it("keeps what is left out, clears what is null, and counts the version up", async () => {
    const session = await create({ description: "News", externalId: "c-1" });
    const { session: changed } = await call("updateSession", { id: session.id, name: "Channel 2", description: null });
    expect(changed).toMatchObject({
      name: "Channel 2",
      description: null,
      externalId: "c-1",
      version: 2,
      source: { urlA: MULTICAST.urlA },
    });
  });

  it("keeps a masked URL that is sent back as it was, and refuses to send its secret elsewhere", async () => {
    const session = await create({ source: { type: "SRT_PULL", urlA: SECRET_SRT } });
    const { session: same } = await call("updateSession", { id: session.id, source: { urlA: session.source.urlA } });
    expect(same?.source.urlA).toBe(session.source.urlA);
    const elsewhere = session.source.urlA?.replace("encoder.", "thief.");
    expect(codes(await call("updateSession", { id: session.id, source: { urlA: elsewhere } }))).toEqual([
      "INVALID_VALUE input.source.urlA",
    ]);
    const whole = await organization.ask<{ exportSessionsCsv: { csv: string } }>("{ exportSessionsCsv(includeSecrets: true) { csv } }");
    expect(whole.data.exportSessionsCsv.csv).toContain(SECRET_SRT);
  });

  it("turns failover on and off with URL B", async () => {
    const session = await create();
    const on = await call("updateSession", { id: session.id, source: { urlB: "udp://239.1.0.135:5000" } });
    expect(on.session?.source.failover).toEqual({ recoveryIntervalSeconds: 120, errorThresholdPercent: null });
    expect(codes(await call("updateSession", { id: session.id, source: { failover: null } }))).toEqual([
      "INVALID_VALUE input.source.failover",
    ]);
    const off = await call("updateSession", { id: session.id, source: { urlB: null } });
    expect(off.session?.source).toMatchObject({ urlB: null, failover: null });
  });

  it("replaces a stream key in its place: the secret keeps its id, and tells when", async () => {
    const session = await create({ source: { type: "RTMP_PUSH" } });
    const { session: changed } = await call("updateSession", { id: session.id, source: { customStreamKey: "my-own-stream-key" } });
    expect(changed?.source.streamKey).toMatchObject({ id: session.source.streamKey?.id, isGenerated: false });
    const seen = await organization.ask("query ($id: ID!) { node(id: $id) { id ... on Secret { rotatedAt } } }", {
      id: session.source.streamKey?.id,
    });
    expect(seen.data).toMatchObject({ node: { id: session.source.streamKey?.id, rotatedAt: expect.stringMatching(/Z$/) } });
  });

  it("refuses an edit of an older version", async () => {
    const session = await create();
    await call("updateSession", { id: session.id, expectedVersion: 1, description: "one" });
    expect(codes(await call("updateSession", { id: session.id, expectedVersion: 1, description: "two" }))).toEqual([
      "VERSION_CONFLICT input.expectedVersion",
    ]);
  });

  it("changes the name of what runs, and neither its input nor its playbacks", async () => {
    const session = await create();
    expect(await bulk("startSessions", [session.id])).toEqual(["ACCEPTED"]);
    expect((await call("updateSession", { id: session.id, name: "Renamed" })).session?.name).toBe("Renamed");
    const playback = session.playbacks[0]?.id;
    expect(codes(await call("updateSession", { id: session.id, source: { urlA: "udp://239.1.0.136:5000" } }))).toEqual([
      "INVALID_STATE input.id",
    ]);
    expect(codes(await call("addPlayback", { sessionId: session.id, playback: { ...HTTP, name: "two" } }))).toEqual([
      "INVALID_STATE input.sessionId",
    ]);
    expect(codes(await call("updatePlayback", { id: playback, playback: { name: "x" } }))).toEqual(["INVALID_STATE input.id"]);
    expect(codes(await call("removePlaybacks", { sessionId: session.id, ids: [playback] }))).toEqual(["INVALID_STATE input.sessionId"]);
    expect(await bulk("deleteSessions", [session.id])).toEqual(["INVALID_STATE"]);
  });
});

describe("starting a session", () => {
  it("is refused once an edit of the template left its URLs without a rendition, and says how many it takes", async () => {
    const session = await create({ playbacks: [{ name: "out", type: "MULTICAST", urls: ["udp://239.1.1.1:5000"] }] });
    const renditions = ["one", "two"].map((name) => ({ name, isPassthrough: true }));
    await organization.ask("mutation ($input: UpdateTemplateInput!) { updateTemplate(input: $input) { userErrors { code } } }", {
      input: { id: templateId, renditions },
    });
    expect(await bulk("startSessions", [session.id])).toEqual(["URL_COUNT"]);
    const seen = await organization.ask<{ session: { csvComment: string } }>("query ($id: ID!) { session(id: $id) { csvComment } }", {
      id: session.id,
    });
    expect(seen.data.session.csvComment).toContain("2");
  });
});

describe("playbacks", () => {
  it("are added, changed and removed, down to the last one", async () => {
    const session = await create();
    const first = session.playbacks[0]?.id ?? "";
    const added = await call("addPlayback", {
      sessionId: session.id,
      playback: { name: "file", type: "FILE", fileFormat: "MKV", urls: ["a.mkv"] },
    });
    expect(added.session?.playbacks.map((playback) => playback.name)).toEqual(["web", "file"]);
    const second = added.session?.playbacks[1]?.id ?? "";
    expect(codes(await call("updatePlayback", { id: second, playback: { name: " WEB " } }))).toEqual([
      "DUPLICATE_NAME input.playback.name",
    ]);
    const changed = await call("updatePlayback", { id: second, playback: { name: "archive", urls: ["b.mkv"] } });
    expect(changed.session?.playbacks[1]).toMatchObject({ id: second, name: "archive", urls: ["b.mkv"] });
    expect(codes(await call("removePlaybacks", { sessionId: session.id, ids: [first, second] }))).toEqual(["LAST_PLAYBACK input.ids"]);
    expect(codes(await call("removePlaybacks", { sessionId: session.id, ids: [first, first, "x"] }))).toEqual([
      "DUPLICATE_ID input.ids.1",
      "NOT_FOUND input.ids.2",
    ]);
    const removed = await call("removePlaybacks", { sessionId: session.id, ids: [first] });
    expect(removed.session?.playbacks.map((playback) => playback.name)).toEqual(["archive"]);
  });

  it("keep URLs that are sent back masked, and refuse those that could be one or the other", async () => {
    await organization.ask("mutation ($input: UpdateTemplateInput!) { updateTemplate(input: $input) { userErrors { code } } }", {
      input: { id: templateId, renditions: ["one", "two"].map((name) => ({ name, isPassthrough: true })) },
    });
    const urls = ["rtmp://live.example.org/live/key-a-123456", "rtmp://live.example.org/live/key-b-123456"];
    const session = await create({ playbacks: [{ name: "out", type: "RTMP_PUSH", urls }] });
    const id = session.playbacks[0]?.id;
    const [masked = ""] = session.playbacks[0]?.urls ?? [];
    const same = await call("updatePlayback", { id, playback: { urls: [masked, masked] } });
    expect(same.userErrors).toEqual([]);
    const other = await call("updatePlayback", { id, playback: { urls: ["rtmp://live.example.org/live/key-c-123456", masked] } });
    expect(other.userErrors).toEqual([]);
    const exported = await organization.ask<{ exportSessionsCsv: { csv: string } }>("{ exportSessionsCsv(includeSecrets: true) { csv } }");
    expect(exported.data.exportSessionsCsv.csv).toContain("live/key-c-123456 rtmp://live.example.org/live/key-b-123456");
    const fewer = await call("updatePlayback", { id, playback: { urls: [masked] } });
    expect(codes(fewer)).toEqual(["INVALID_VALUE input.playback.urls.0"]);
  });

  it("belong to their own organization", async () => {
    const session = await create();
    const stranger = await door.organization();
    const id = session.playbacks[0]?.id;
    expect(codes(await call("updatePlayback", { id, playback: { name: "x" } }, stranger.ask))).toEqual(["NOT_FOUND input.id"]);
    expect(codes(await call("updateSession", { id: session.id, name: "x" }, stranger.ask))).toEqual(["NOT_FOUND input.id"]);
    const seen = await stranger.ask(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, {
      ids: [session.id, id, session.source.streamKey?.id ?? "x"],
    });
    expect(seen.data).toEqual({ nodes: [null, null, null] });
  });
});

describe("createSessions", () => {
  const MUTATION = `mutation ($input: CreateSessionsInput!) { createSessions(input: $input) { sessions { name } outcomes cursor ${ERRORS} } }`;
  type Created = {
    createSessions: { sessions: { name: string }[]; outcomes: string[]; cursor: string | null; userErrors: Payload["userErrors"] };
  };
  const sessions = (...names: string[]) => names.map((name) => ({ name, source: MULTICAST, playbacks: [HTTP] }));

  it("creates all or none", async () => {
    await create({ name: "There" });
    const refused = await organization.ask<Created>(MUTATION, { input: { sessions: sessions("One", "there", "Two", "ONE") } });
    expect(refused.data.createSessions.userErrors.map((error) => `${error.code} ${error.path.join(".")}`)).toEqual([
      "DUPLICATE_NAME input.sessions.3.name",
    ]);
    const taken = await organization.ask<Created>(MUTATION, { input: { sessions: sessions("One", "there") } });
    expect(taken.data.createSessions).toMatchObject({ sessions: [], userErrors: [{ path: ["input", "sessions", "1", "name"] }] });
    const done = await organization.ask<Created>(MUTATION, { input: { sessions: sessions("Two", "One") } });
    expect(done.data.createSessions).toMatchObject({
      sessions: [{ name: "Two" }, { name: "One" }],
      outcomes: ["CREATED", "CREATED"],
      userErrors: [],
    });
    expect(done.data.createSessions.cursor).not.toBeNull();
  });

  it("checks everything and writes nothing in a dry run", async () => {
    await create({ name: "There" });
    const dry = await organization.ask<Created>(MUTATION, { input: { sessions: sessions("One"), dryRun: true } });
    expect(dry.data.createSessions).toMatchObject({ sessions: [], outcomes: ["CREATED"], cursor: null, userErrors: [] });
    const taken = await organization.ask<Created>(MUTATION, { input: { sessions: sessions("there"), dryRun: true } });
    expect(taken.data.createSessions.userErrors).toHaveLength(1);
    const list = await organization.ask("{ sessions { totalCount } }");
    expect(list.data).toEqual({ sessions: { totalCount: 1 } });
  });
});

describe("the sessions of a template", () => {
  it("are listed by name, page by page, each session once however many playbacks use it", async () => {
    for (const name of ["Channel 10", "Channel 9"]) await create({ name, playbacks: [HTTP, { ...HTTP, name: "two" }] });
    await organization.ask(
      `mutation { createTemplate(input: { name: "Unused", renditions: [{ name: "x", isPassthrough: true }] }) { userErrors { code } } }`,
    );
    const LIST = `query ($after: String) { templates { nodes { name sessions(first: 1, after: $after) { totalCount nodes { name } pageInfo { endCursor hasNextPage } } } } }`;
    interface List {
      templates: {
        nodes: { name: string; sessions: { totalCount: number; nodes: object[]; pageInfo: { endCursor: string; hasNextPage: boolean } } }[];
      };
    }
    const first = (await organization.ask<List>(LIST)).data.templates.nodes;
    expect(first).toMatchObject([
      { name: "Passthrough", sessions: { totalCount: 2, nodes: [{ name: "Channel 9" }], pageInfo: { hasNextPage: true } } },
      { name: "Unused", sessions: { totalCount: 0, nodes: [], pageInfo: { hasNextPage: false } } },
    ]);
    const second = (await organization.ask<List>(LIST, { after: first[0]?.sessions.pageInfo.endCursor })).data.templates.nodes;
    expect(second[0]?.sessions).toMatchObject({ nodes: [{ name: "Channel 10" }], pageInfo: { hasNextPage: false } });
  });
});

describe("the list of sessions", () => {
  const LIST = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: SessionFilter, $orderBy: SessionOrder, $direction: SortDirection) {
    sessions(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy, direction: $direction) {
      totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  interface List {
    sessions: {
      totalCount: number;
      nodes: { name: string }[];
      pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
    };
  }
  const names = Array.from({ length: 7 }, (_, index) => `Channel ${index + 5}`);
  const list = async (variables: object) => (await organization.ask<List>(LIST, variables)).data.sessions;

  beforeEach(async () => {
    for (const name of [...names].reverse()) await create({ name, labels: name.endsWith("1") ? ["one"] : [] });
  });

  it.each(["NAME", "CREATED_AT", "STATUS", "HEALTH", "STATUS_CHANGED_AT"])(
    "is paged both ways in the order %s, each session once",
    async (orderBy) => {
      for (const direction of ["ASC", "DESC"]) {
        const forward: string[] = [];
        let page = await list({ first: 3, orderBy, direction });
        for (;;) {
          forward.push(...page.nodes.map((node) => node.name));
          if (!page.pageInfo.hasNextPage) break;
          page = await list({ first: 3, after: page.pageInfo.endCursor, orderBy, direction });
        }
        expect([...forward].sort()).toEqual([...names].sort());
        const backward: string[] = [];
        page = await list({ last: 3, orderBy, direction });
        for (;;) {
          backward.unshift(...page.nodes.map((node) => node.name));
          if (!page.pageInfo.hasPreviousPage) break;
          page = await list({ last: 3, before: page.pageInfo.startCursor, orderBy, direction });
        }
        expect(backward).toEqual(forward);
        expect(page.totalCount).toBe(7);
        if (orderBy === "NAME") expect(forward).toEqual(direction === "ASC" ? names : [...names].reverse());
      }
    },
  );

  it("is filtered and searched", async () => {
    expect((await list({ filter: { search: "NEL 1" } })).nodes.map((node) => node.name)).toEqual(["Channel 10", "Channel 11"]);
    expect((await list({ filter: { labels: ["one"] } })).nodes.map((node) => node.name)).toEqual(["Channel 11"]);
    expect((await list({ filter: { status: ["RUNNING"] } })).totalCount).toBe(0);
    expect((await list({ filter: { ids: [] } })).totalCount).toBe(0);
    expect((await list({ filter: { templateId } })).totalCount).toBe(7);
  });

  it("refuses cursors of other lists and sizes out of range", async () => {
    const { pageInfo } = await list({ first: 1 });
    for (const variables of [
      { after: pageInfo.endCursor, direction: "DESC" },
      { after: "x" },
      { first: 0 },
      { first: 101 },
      { first: 1, last: 1 },
    ]) {
      const answer = await organization.ask(LIST, variables);
      expect(answer.errors?.map((error) => error.extensions.code)).toEqual(["BAD_USER_INPUT"]);
    }
  });

  it("is counted by status and health, zeros included", async () => {
    const answer = await organization.ask("{ sessionSummary { total byStatus { status count } byHealth { health count } } }");
    expect(answer.data).toMatchObject({
      sessionSummary: {
        total: 7,
        byStatus: expect.arrayContaining([
          { status: "STOPPED", count: 7 },
          { status: "FAILED", count: 0 },
        ]),
      },
    });
  });

  it("wants exactly one of ids and filter in a selection", async () => {
    for (const selection of [{}, { ids: [], filter: {} }, { ids: null }]) {
      const answer = await organization.ask("mutation ($input: SessionBulkInput!) { startSessions(input: $input) { acceptedCount } }", {
        input: { selection },
      });
      expect(answer.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    }
  });
});
