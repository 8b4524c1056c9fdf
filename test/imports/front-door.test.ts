import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openFrontDoor, type FrontDoor, type TestOrganization } from "../support/front-door.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";
import { HTTP } from "./facts.ts";

let door: FrontDoor;
let organization: TestOrganization;

beforeAll(async () => {
  door = await openFrontDoor();
});
afterAll(() => door.close());
beforeEach(async () => {
  organization = await door.organization();
  await organization.ask(
    `mutation { createTemplate(input: { name: "One", isDefault: true, renditions: [{ name: "source", isPassthrough: true }] }) { userErrors { code } } }`,
  );
});

const IMPORT = /* GraphQL */ `
  mutation ($input: ImportSessionsCsvInput!) {
    importSessionsCsv(input: $input) {
      imported
      dryRun
      rowCount
      skippedRowCount
      skippedRows {
        row
        reason
      }
      sessions {
        row
        name
        streamId
        outcome
        changed
        session {
          id
          streamId
          name
          status
          region
          csvComment
          playbacks {
            name
            type
            hlsEnabled
          }
        }
      }
      errors {
        row
        column
        value
        message
        code
      }
      errorCount
      errorsTruncated
      errorCsv
      cursor
      userErrors {
        code
        message
        path
        conflictingId
      }
    }
  }
`;
const EXPORT = /* GraphQL */ `
  query ($selection: SessionSelection, $includeSecrets: Boolean) {
    exportSessionsCsv(selection: $selection, includeSecrets: $includeSecrets) {
      filename
      csv
      rowCount
      commentedRowCount
    }
  }
`;

interface Imported {
  readonly importSessionsCsv: {
    readonly imported: boolean;
    readonly sessions: readonly {
      readonly streamId: string | null;
      readonly session: { readonly id: string; readonly streamId: string } | null;
    }[];
    readonly errors: readonly object[];
    readonly cursor: string | null;
    readonly errorCsv: string | null;
    readonly userErrors: readonly object[];
  };
}
interface Exported {
  readonly exportSessionsCsv: {
    readonly filename: string;
    readonly csv: string;
    readonly rowCount: number;
    readonly commentedRowCount: number;
  };
}

const fileOf = (...rows: object[]) =>
  writeCsv(
    Object.keys(HTTP),
    rows.map((row) => Object.values({ ...HTTP, ...row })),
  );
const importCsv = async (input: object, ask = organization.ask) => (await ask<Imported>(IMPORT, { input })).data.importSessionsCsv;

describe("importSessionsCsv", () => {
  it("answers each row with its session", async () => {
    const payload = await importCsv({ csv: fileOf({ name: "B" }, { name: "A" }), region: "north" });
    expect(payload).toMatchObject({
      imported: true,
      dryRun: false,
      rowCount: 2,
      skippedRowCount: 0,
      skippedRows: [],
      errors: [],
      errorCount: 0,
      errorsTruncated: false,
      errorCsv: null,
      userErrors: [],
      sessions: [
        {
          row: 2,
          name: "B",
          outcome: "CREATED",
          changed: [],
          session: {
            name: "B",
            status: "STOPPED",
            region: "north",
            csvComment: null,
            playbacks: [{ name: "Main", type: "HTTP", hlsEnabled: true }],
          },
        },
        { row: 3, name: "A", outcome: "CREATED", changed: [], session: { name: "A" } },
      ],
    });
    expect(payload.sessions.map(({ session }) => session?.streamId)).toEqual(payload.sessions.map(({ streamId }) => streamId));
    expect(payload.cursor).toEqual(expect.any(String));
  });

  it("changes what differs in the mode UPSERT, and tells for each row what became of it", async () => {
    const [kept, changed] = (await importCsv({ csv: fileOf({ name: "Kept" }, { name: "Changed" }) })).sessions;
    const csv = fileOf({ name: "kept" }, { name: "Changed", output_name: "Second" }, { name: "New" });
    expect(await importCsv({ csv })).toMatchObject({ imported: false, errors: [{ code: "NAME_EXISTS" }, { code: "NAME_EXISTS" }] });

    const outcomes = [
      { row: 2, outcome: "UPDATED", changed: ["name"], streamId: kept?.streamId, session: { id: kept?.session?.id, name: "kept" } },
      { row: 3, outcome: "UPDATED", changed: ["output_name"], session: { id: changed?.session?.id, playbacks: [{ name: "Second" }] } },
      { row: 4, outcome: "CREATED", changed: [], session: { name: "New" } },
    ];
    const tried = await importCsv({ csv, mode: "UPSERT", dryRun: true });
    expect(tried).toMatchObject({ imported: false, sessions: outcomes.map(({ row, outcome, changed }) => ({ row, outcome, changed })) });
    expect(await importCsv({ csv, mode: "UPSERT" })).toMatchObject({ imported: true, rowCount: 3, userErrors: [], sessions: outcomes });
    const again = await importCsv({ csv, mode: "UPSERT" });
    expect(again.sessions).toMatchObject(outcomes.map(({ row }) => ({ row, outcome: "UNCHANGED", changed: [] })));
    expect(await importCsv({ csv: fileOf({ name: "kept", input_type: "hls_pull" }), mode: "UPSERT" })).toMatchObject({
      imported: false,
      sessions: [],
      errors: [{ row: 2, column: "input_type", code: "INPUT_TYPE_FIXED" }],
    });
  });

  it("answers a bad file with all of its errors", async () => {
    const payload = await importCsv({
      csv: fileOf({ name: "B", output_type: "htpp" }, { "input_urls-a": "udp://op:hunter2@239.1.1.1:1" }),
    });
    expect(payload).toMatchObject({
      imported: false,
      rowCount: 2,
      sessions: [],
      errorCount: 2,
      cursor: null,
      errors: [
        { row: 2, column: "output_type", value: "htpp", code: "UNKNOWN_TYPE" },
        { row: 3, column: "input_urls-a", value: "udp://••••••••@239.1.1.1:1", code: "INVALID_URL" },
      ],
      userErrors: [{ code: "CSV_INVALID", path: ["input", "csv"], conflictingId: null }],
    });
    expect(payload.errorCsv).toMatch(/^name,.*,error\r\n/);
  });

  it("answers with a file of errors of which no cell runs as a formula, and which says the same when it is sent again", async () => {
    const [header = "", row = ""] = fileOf({}).split("\r\n");
    const csv = `${header},=1+1,"@sum(a,b)",-1\r\n${row},=2+2,-1,+3\r\n`;
    const { errorCsv, errors } = await importCsv({ csv });
    expect(errors).toMatchObject(["=1+1", "@sum(a,b)", "-1"].map((column) => ({ row: 1, column, code: "UNKNOWN_HEADER" })));
    expect(errorCsv?.split("\r\n")[0]).toBe(`${header},'=1+1,"'@sum(a,b)",-1,error`);
    expect(errorCsv).toContain(",'=2+2,-1,'+3,");
    expect(await importCsv({ csv: errorCsv })).toMatchObject({ errors, errorCsv });
  });

  it("creates nothing in a dry run", async () => {
    const payload = await importCsv({ csv: fileOf({}), dryRun: true });
    expect(payload).toMatchObject({
      imported: false,
      dryRun: true,
      sessions: [{ row: 2, name: "Channel 5", streamId: null, session: null, outcome: "CREATED" }],
    });
    const { data } = await organization.ask<{ sessionSummary: { total: number } }>("{ sessionSummary { total } }");
    expect(data.sessionSummary.total).toBe(0);
  });

  it("answers again under its key, and after the session was deleted without it", async () => {
    const input = { csv: fileOf({}), idempotencyKey: "once" };
    const first = await importCsv(input);
    expect(await importCsv(input)).toEqual(first);
    await organization.ask("mutation ($id: ID!) { deleteSessions(input: { selection: { ids: [$id] } }) { acceptedCount } }", {
      id: first.sessions[0]?.session?.id,
    });
    expect(await importCsv(input)).toMatchObject({ imported: true, sessions: [{ row: 2, name: "Channel 5", session: null }] });
    expect((await importCsv({ ...input, csv: fileOf({ name: "other" }) })).userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
  });

  it.each([
    ["no file", {}, "REQUIRED", ["input", "csv"]],
    ["a bad region", { csv: "a", region: "Not A Region" }, "INVALID_VALUE", ["input", "region"]],
    ["a NUL", { csv: "name\n\0" }, "INVALID_VALUE", ["input", "csv"]],
    ["an empty file", { csv: "" }, "CSV_INVALID", ["input", "csv"]],
  ])("refuses %s as the caller's mistake", async (_what, input, code, path) => {
    expect(await importCsv(input)).toMatchObject({ imported: false, userErrors: [{ code, path }] });
  });

  it("needs EDITOR", async () => {
    expect(await importCsv({ csv: fileOf({}) }, await organization.as("OPERATOR"))).toMatchObject({
      imported: false,
      userErrors: [{ code: "ACCESS_LEVEL_REQUIRED" }],
    });
    expect(await importCsv({ csv: fileOf({}) }, await organization.as("EDITOR"))).toMatchObject({ imported: true, userErrors: [] });
  });
});

describe("exportSessionsCsv", () => {
  it("gives a file that an import takes", async () => {
    await importCsv({ csv: fileOf({ name: "A" }, { name: "=B" }) });
    const { data } = await organization.ask<Exported>(EXPORT, { includeSecrets: true });
    expect(data.exportSessionsCsv).toMatchObject({
      filename: expect.stringMatching(/\.csv$/) as string,
      rowCount: 2,
      commentedRowCount: 0,
    });
    const other = await door.organization();
    await other.ask(
      `mutation { createTemplate(input: { name: "one", renditions: [{ name: "source", isPassthrough: true }] }) { userErrors { code } } }`,
    );
    expect(await importCsv({ csv: data.exportSessionsCsv.csv }, other.ask)).toMatchObject({
      imported: true,
      sessions: [{ name: "=B" }, { name: "A" }],
    });
  });

  it("takes a selection", async () => {
    const { sessions } = await importCsv({ csv: fileOf({ name: "A" }, { name: "B" }) });
    const rows = async (selection: object) => (await organization.ask<Exported>(EXPORT, { selection })).data.exportSessionsCsv.rowCount;
    expect(await rows({ ids: [sessions[1]?.session?.id] })).toBe(1);
    expect(await rows({ filter: { names: ["a"] } })).toBe(1);
    expect(await rows({ filter: {} })).toBe(2);
  });

  it("keeps secrets from those below EDITOR", async () => {
    const viewer = await organization.as("VIEWER");
    expect((await viewer<Exported>(EXPORT, {})).data.exportSessionsCsv.rowCount).toBe(0);
    expect((await viewer(EXPORT, { includeSecrets: true })).errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  });
});
