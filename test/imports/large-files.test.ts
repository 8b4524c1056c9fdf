import { readdirSync } from "node:fs";
import { request, type ClientRequest } from "node:http";
import { tmpdir } from "node:os";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Context } from "../../src/access/context.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";
import type { RunningJob } from "../../src/imports/import-thread.ts";
import { receiveFile } from "../../src/imports/receive-file.ts";
import { required } from "../../src/shared/assert.ts";
import { insertTemplate } from "../support/context.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { sendUpload } from "../support/upload.ts";
import { HTTP } from "./facts.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ allowedNetworks: [] });
});
afterAll(() => server.stop());

const IMPORT = `mutation ($input: ImportSessionsCsvInput!) { importSessionsCsv(input: $input) { imported rowCount userErrors { code } } }`;

/** So many rows are more than what is done without a turn. */
const LARGE_ROWS = 600;
/** Large files that one organization may have open. */
const OPEN_LIMIT = 20;
const TOO_MANY = /20 large files open/;

interface Imported {
  readonly importSessionsCsv: {
    readonly imported: boolean;
    readonly rowCount: number;
    readonly userErrors: readonly { readonly code: string }[];
  };
}

async function newCaller(): Promise<TestCaller> {
  const caller = await server.otherOrganization();
  await insertTemplate(caller.context, "One");
  return caller;
}

/** Valid rows. */
const many = (prefix: string, count = LARGE_ROWS) =>
  writeCsv(
    Object.keys(HTTP),
    Array.from({ length: count }, (_, index) => Object.values({ ...HTTP, name: `${prefix} ${index}` })),
  );

async function send(caller: TestCaller, file: string, { url = server.url, signal }: { url?: string; signal?: AbortSignal } = {}) {
  const { data, errors } = await sendUpload<Imported>({
    url,
    key: caller.key,
    query: IMPORT,
    input: {},
    file,
    ...(signal && { signal }),
  });
  const [error] = errors;
  return error ? error.extensions.code : (data?.importSessionsCsv.userErrors[0]?.code ?? data?.importSessionsCsv);
}

/** Takes the organization's turn, as an import does that goes on for as long as this is not closed. */
async function takeTurn({ context }: TestCaller): Promise<RunningJob> {
  return required(await receiveFile({ csv: many("Held") }, context), "a job");
}

/** What a large file is told that cannot wait: that there are too many already, or nothing. */
async function tellImpatient({ context }: { readonly context: Context }): Promise<string> {
  const impatient = { ...context, signal: AbortSignal.abort(new Error("nobody waits")) };
  return receiveFile({ csv: many("Impatient") }, impatient).then(
    (job) => {
      job?.close();
      return "begun";
    },
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe("large files that come at once", () => {
  it("are all answered, whoever they are of and however much they hold", { timeout: 300_000 }, async () => {
    // As many cells as a file may have, which is what takes memory.
    const header = [...Object.keys(HTTP), ...Array.from({ length: 92 }, (_, index) => `column ${index}`)];
    const wide = writeCsv(
      header,
      Array.from({ length: 20_000 }, (_, row) => header.map((_name, column) => `${column}${row}`.padStart(9, "x"))),
    );
    const callers = [await newCaller(), await newCaller()];
    const third = await newCaller();
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, (_, index) => send(callers[index % 2]!, wide)),
      send(third, many("Third", 2_000)),
    ]);
    expect(answers).toEqual([...Array.from({ length: 5 }, () => "CSV_INVALID"), { imported: true, rowCount: 2_000, userErrors: [] }]);
  });

  it("wait for their turn without a transaction, and not behind those of who went away", async () => {
    const caller = await newCaller();
    const held = await takeTurn(caller);
    const gone = new AbortController();
    const left = Array.from({ length: OPEN_LIMIT - 1 }, (_, index) =>
      send(caller, many(`Gone ${index}`), { signal: gone.signal }).catch(() => "gone"),
    );
    await expect.poll(() => tellImpatient(caller), { timeout: 30_000 }).toMatch(TOO_MANY);
    expect(await send(caller, many("More"))).toBe("SERVICE_UNAVAILABLE");
    const [open] = await server.database.executor.execute<{ count: number }>(
      sql`select count(*)::integer as count from pg_stat_activity where datname = current_database() and state like 'idle in%'`,
    );
    expect(open?.count).toBe(0);
    gone.abort();
    expect(new Set(await Promise.all(left))).toEqual(new Set(["gone"]));
    await expect.poll(() => tellImpatient(caller), { timeout: 30_000 }).toBe("nobody waits");
    const next = send(caller, many("Next"));
    held.close();
    expect(await next).toMatchObject({ imported: true, rowCount: LARGE_ROWS });
    const [row] = await server.database.executor.execute<{ count: number }>(
      sql`select count(*)::integer as count from sessions where organization_id = ${caller.organizationId}`,
    );
    expect(row?.count).toBe(LARGE_ROWS);
  });

  it("do not wait for who sends slowly, and leave nothing on disk", async () => {
    // As many as there are turns.
    const callers = await Promise.all(Array.from({ length: 3 }, newCaller));
    const held = await Promise.all(callers.map(takeTurn));
    const slow = callers.flatMap((caller) => Array.from({ length: OPEN_LIMIT - 1 }, () => sendSlowly(caller)));
    for (const caller of callers) await expect.poll(() => tellImpatient(caller), { timeout: 30_000 }).toMatch(TOO_MANY);
    for (const job of held) job.close();
    expect(await send(await newCaller(), many("Fast", 3_000))).toMatchObject({ imported: true, rowCount: 3_000 });
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("headend-import-"))).toEqual([]);
    for (const upload of slow) upload.destroy();
    for (const caller of callers) await expect.poll(() => tellImpatient(caller), { timeout: 30_000 }).toBe("begun");
  });

  it("that wait do not hold up the end of a gateway, and are told so", async () => {
    const other = await startTestServer({ share: server });
    const caller = await newCaller();
    const held = await takeTurn(caller);
    const waiting = Array.from({ length: OPEN_LIMIT - 1 }, (_, index) => send(caller, many(`Waiting ${index}`), { url: other.url }));
    await expect.poll(() => tellImpatient(caller), { timeout: 30_000 }).toMatch(TOO_MANY);
    const [answers] = await Promise.all([Promise.all(waiting), other.stop()]);
    // Answers, and not connections that were cut off when the time to end was over.
    expect(new Set(answers)).toEqual(new Set(["SERVICE_UNAVAILABLE"]));
    held.close();
  });
});

/** Sends the first part of a large file, and then nothing more. */
function sendSlowly(caller: TestCaller): ClientRequest {
  const boundary = "part-of-a-form";
  const field = (name: string, value: string) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const upload = request(`${server.url}/graphql`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${caller.key}`,
      "apollo-require-preflight": "1",
      "content-type": `multipart/form-data; boundary=${boundary}`,
    },
  });
  upload.on("error", () => undefined);
  upload.write(field("operations", JSON.stringify({ query: IMPORT, variables: { input: { file: null } } })));
  upload.write(field("map", JSON.stringify({ file: ["variables.input.file"] })));
  upload.write(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="sessions.csv"\r\n\r\n${many("Slow", 10_000)}`);
  return upload;
}
