import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CsvColumnsDocument } from "../generated/documents.ts";
import { insertTemplate } from "../support/context.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await insertTemplate(server.context, "HD ladder");
});
afterAll(() => server.stop());

const IMPORT = `mutation ($csv: String!) { importSessionsCsv(input: { csv: $csv, dryRun: true }) { imported rowCount skippedRowCount errors { column code } } }`;
const EXPORT = `{ exportSessionsCsv { csv } }`;

const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
const toCsv = (rows: readonly (readonly string[])[]) => rows.map((row) => row.map(cell).join(",")).join("\n");

async function dryRun(rows: readonly (readonly string[])[]) {
  return (await server.graphql(IMPORT, { csv: toCsv(rows) }))["importSessionsCsv"];
}

describe("csvColumns", () => {
  it("are the columns of an export, in its order", async () => {
    const { csvColumns } = await server.graphql(CsvColumnsDocument);
    const { csv } = (await server.graphql(EXPORT))["exportSessionsCsv"];
    expect(csv.split("\r\n")[0]).toBe(csvColumns.map(({ header }) => header).join(","));
  });

  it("make rows that an import takes, by their examples and by what they apply to", async () => {
    const { csvColumns } = await server.graphql(CsvColumnsDocument);
    const row = csvColumns.map(({ header, example, inputTypes, outputTypes }) => {
      const applies = (inputTypes?.includes("MULTICAST_PULL") ?? true) && (outputTypes?.includes("HTTP") ?? true);
      return applies && header !== "comment" ? (example ?? "") : "";
    });
    const skipped = csvColumns.map(({ example }) => example ?? "");
    expect(await dryRun([csvColumns.map(({ header }) => header), row, skipped])).toEqual({
      imported: false,
      rowCount: 1,
      skippedRowCount: 1,
      errors: [],
    });
  });

  it("are refused where they do not apply", async () => {
    const { csvColumns } = await server.graphql(CsvColumnsDocument);
    const headers = csvColumns.map(({ header }) => header);
    const foreign = csvColumns.filter(({ inputTypes, outputTypes }) =>
      inputTypes ? !inputTypes.includes("MULTICAST_PULL") : outputTypes && !outputTypes.includes("HTTP"),
    );
    expect(foreign.length).toBeGreaterThan(5);
    for (const { header } of foreign) {
      const row = csvColumns.map((column) =>
        column.isRequired || column.header === "input_urls-a" || column.header === "output_settings-enable_hls" || column.header === header
          ? (column.example ?? "a-passphrase")
          : "",
      );
      expect((await dryRun([headers, row])).errors, header).toContainEqual({ column: header, code: "NOT_APPLICABLE" });
    }
  });

  it("that are required are missed", async () => {
    const { csvColumns } = await server.graphql(CsvColumnsDocument);
    const required = csvColumns.filter(({ isRequired }) => isRequired).map(({ header }) => header);
    const optional = csvColumns.filter(({ isRequired }) => !isRequired).map(({ header }) => header);
    const { errors } = await dryRun([optional, optional.map(() => "x")]);
    expect(
      errors.filter(({ code }: { code: string }) => code === "MISSING_HEADER").map(({ column }: { column: string }) => column),
    ).toEqual(required);
  });
});
