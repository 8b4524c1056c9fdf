import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inTransaction, type Context } from "../../src/access/context.ts";
import { CSV_LENGTH_LIMIT } from "../../src/imports/csv.read.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";
import { required } from "../../src/shared/assert.ts";
import { deleteTemplates } from "../../src/templates/delete-templates.ts";
import { updateTemplateInput } from "../../src/templates/template.input.ts";
import { updateTemplate } from "../../src/templates/update-template.ts";
import { insertTemplate } from "../support/context.ts";
import { makeTestDirectory } from "../support/own-postgres.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { startNode } from "../support/tied.ts";
import { sendUpload } from "../support/upload.ts";
import { HTTP } from "./facts.ts";

const directory = makeTestDirectory();
let server: TestServer;
let caller: TestCaller;
let templateId: string;

beforeAll(async () => {
  server = await startTestServer({ allowedNetworks: [] });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});
beforeEach(async () => {
  caller = await server.otherOrganization();
  templateId = await insertTemplate(caller.context, "One");
});

const IMPORT = `mutation ($input: ImportSessionsCsvInput!) { importSessionsCsv(input: $input) {
  imported rowCount skippedRowCount errorCount errors { row column code } userErrors { code } } }`;

interface Imported {
  readonly importSessionsCsv: {
    readonly imported: boolean;
    readonly rowCount: number;
    readonly errorCount: number;
    readonly errors: readonly { readonly row: number | null; readonly column: string | null; readonly code: string }[];
    readonly userErrors: readonly { readonly code: string }[];
  };
}

async function upload(file: string | Blob, input: object = {}) {
  const { data, errors } = await sendUpload<Imported>({ url: server.url, key: caller.key, query: IMPORT, input, file });
  expect(errors).toEqual([]);
  return data!.importSessionsCsv;
}

const manyNamed = (count: number, changes: object = {}) =>
  writeCsv(
    Object.keys({ ...HTTP, ...changes }),
    Array.from({ length: count }, (_, index) => Object.values({ ...HTTP, name: `Channel ${index}`, ...changes })),
  );

async function countSessions(): Promise<number> {
  const [row] = await server.database.executor.execute<{ count: number }>(
    sql`select count(*)::integer as count from sessions where organization_id = ${caller.organizationId}`,
  );
  return row?.count ?? 0;
}

/** Begins an import once `edit` is done and commits that once the import waits for it within PostgreSQL. */
async function importDuring(edit: (context: Context) => Promise<unknown>, ...file: Parameters<typeof upload>) {
  let importing: ReturnType<typeof upload> | undefined;
  await inTransaction(caller.context, "edit", async (context) => {
    await edit(context);
    importing = upload(...file);
    await expect.poll(countWaiting, { timeout: 20_000, interval: 10 }).toBe(1);
  });
  return required(await importing, "what came of the import");
}

async function countWaiting(): Promise<number> {
  const [row] = await server.database.executor.execute<{ count: number }>(
    sql`select count(*)::integer as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}

describe("a template that somebody changes while a file is imported", () => {
  // One URL for its one rendition.
  const output = { output_type: "srt_push", "output_settings-enable_hls": "", output_urls: "srt://8.8.8.8:9000" };

  it.each(["CREATE", "UPSERT"] as const)(
    "is what the rows are checked against in the mode %s: none gets in that no longer fits",
    async (mode) => {
      const renditions = ["source", "second"].map((name) => ({ name, isPassthrough: true }));
      const edit = updateTemplateInput.parse({ id: templateId, renditions });
      const imported = await importDuring((context) => updateTemplate(context, edit), manyNamed(50, output), { mode });
      expect(imported).toMatchObject({ imported: false, errorCount: 50 });
      expect(new Set(imported.errors.map(({ column, code }) => `${column} ${code}`))).toEqual(new Set(["output_urls URL_COUNT"]));
      expect(await countSessions()).toBe(0);
    },
  );

  it("that still fits lets them in", async () => {
    const edit = updateTemplateInput.parse({ id: templateId, description: "edited" });
    const imported = await importDuring((context) => updateTemplate(context, edit), manyNamed(50, output));
    expect(imported).toMatchObject({ imported: true, rowCount: 50 });
    expect(await countSessions()).toBe(50);
  });

  it("is missed by all of them when it was deleted", async () => {
    const imported = await importDuring((context) => deleteTemplates(context, { ids: [templateId] }), manyNamed(50));
    expect(imported).toMatchObject({ imported: false, errorCount: 50 });
    expect(imported.errors[0]).toEqual({ row: 2, column: "template_name", code: "TEMPLATE_NOT_FOUND" });
    expect(await countSessions()).toBe(0);
  });
});

describe("two imports of the same thousands of names", () => {
  const COUNT = 4_000;
  const csv = manyNamed(COUNT);
  const refused = {
    imported: false,
    errorCount: COUNT,
    errors: expect.arrayContaining([{ row: 2, column: "name", code: "NAME_EXISTS" }]) as unknown,
  };

  it("at one gateway end with one that wins and one that is refused whole", async () => {
    const results = await Promise.all([upload(csv), upload(csv)]);
    expect(results.toSorted((one) => (one.imported ? -1 : 1))).toMatchObject([{ imported: true, rowCount: COUNT }, refused]);
    expect(await countSessions()).toBe(COUNT);
  });

  it("at two processes end so too, however long the first one takes", async () => {
    const file = join(directory.path, "sessions.csv");
    writeFileSync(file, csv);
    // Longer than a statement may wait.
    await server.database.executor.execute(sql`
      create function take_long() returns trigger language plpgsql as 'begin perform pg_sleep(1.5); return null; end'`);
    await server.database.executor.execute(
      sql`create trigger take_long after insert on sessions for each statement execute function take_long()`,
    );
    try {
      const script = join(import.meta.dirname, "import-process.ts");
      const child = startNode(["--import", "tsx", script, JSON.stringify(server.address), caller.organizationId, file]);
      const told = text(child.stdout!);
      const exited = once(child, "exit");
      await expect.poll(isImportOpen, { timeout: 30_000, interval: 20 }).toBe(true);
      expect(await upload(csv)).toMatchObject(refused);
      await exited;
      expect(await told).toBe("begun\ntrue\n");
      expect(await countSessions()).toBe(COUNT);
    } finally {
      await server.database.executor.execute(sql`drop function take_long cascade`);
    }
  });
});

/** Whether somebody sleeps in the trigger of the test above. */
async function isImportOpen(): Promise<boolean> {
  const [row] = await server.database.executor.execute<{ count: number }>(
    sql`select count(*)::integer as count from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`,
  );
  return (row?.count ?? 0) > 0;
}

describe("a file of 20 MB", () => {
  /** A valid row, and a comment that fills the file up to so many bytes. */
  function fileOfBytes(bytes: number): Blob {
    const head = writeCsv(["comment", ...Object.keys(HTTP)], [["", ...Object.values(HTTP)]]);
    const start = `${head}Comment - `;
    return new Blob([start, "x".repeat(bytes - start.length)]);
  }

  it("is taken, and one with a byte more is refused", async () => {
    const large = await upload(fileOfBytes(CSV_LENGTH_LIMIT + 1));
    expect(large).toMatchObject({
      imported: false,
      errors: [{ row: null, code: "FILE_TOO_LARGE" }],
      userErrors: [{ code: "FILE_TOO_LARGE" }],
    });
    expect(await countSessions()).toBe(0);
    expect(await upload(fileOfBytes(CSV_LENGTH_LIMIT))).toMatchObject({ imported: true, rowCount: 1, skippedRowCount: 1, errorCount: 0 });
    expect(await countSessions()).toBe(1);
  });
});
