import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { CSV_ROW_LIMIT } from "../src/imports/csv.read.ts";
import type { CsvImportResult } from "../src/imports/csv.result.ts";
import { exportSessionsCsv } from "../src/imports/export-sessions-csv.ts";
import { importSessionsCsv } from "../src/imports/import-sessions-csv.ts";
import { copyIn, copyOut, readTables } from "./copy.ts";
import { sessionsFile, uploadOf } from "./files.ts";
import { openBenchInstallation, type Installation } from "./installation.ts";
import { alternate, extraMegabytesOf, megabytes, report } from "./measure.ts";
import type { StreamReport, StreamTask } from "./stream-process.ts";

const ROWS = 10_000;
const LONG_EXPORT_ROWS = 100_000;
const ROUNDS = 9;

/** Imports and exports of 10,000 sessions against bare COPY of the same rows, and the memory of an import of 20 MB and of a long export. */
export async function benchCsv(): Promise<void> {
  let statements = 0;
  const installation = await openBenchInstallation(() => (statements += 1));
  statements = 0;
  await importValid(installation, sessionsFile(ROWS));
  const importStatements = statements;
  await benchExport(installation);
  await benchImport(installation, importStatements);
  await benchMemory(installation);
  await installation.close();
}

async function benchExport({ context, bare }: Installation): Promise<void> {
  const columns =
    "s.name, s.input_type, p.type, p.name as output_name, t.name as template_name, s.description, s.url_a, s.url_b, s.recovery_interval_seconds, s.error_threshold_percent, s.hls_scte35_passthrough_enabled, s.slates_enabled, s.srt_encryption_enabled, p.hls_enabled, p.dash_enabled, p.service_provider, p.program_number, p.file_format, p.max_file_duration_seconds, p.urls";
  const query = `select ${columns} from sessions s left join playbacks p on p.session_id = s.id left join templates t on t.id = p.template_id order by s.name_order, s.id`;
  const { copy, plain, secret } = await alternate(ROUNDS, {
    copy: { work: () => copyOut(bare, query) },
    plain: { work: () => exportSessionsCsv(context, { selection: null, includeSecrets: false }) },
    secret: { work: () => exportSessionsCsv(context, { selection: null, includeSecrets: true }) },
  });
  report("export of 10,000 rows / COPY to stdout", plain / copy, 2, `${milliseconds(plain)} / ${milliseconds(copy)}`);
  console.log(`     the same with secrets: ${(secret / copy).toFixed(2)}, ${milliseconds(secret)}`);
}

async function benchImport(installation: Installation, statements: number): Promise<void> {
  const { bare } = installation;
  const valid = sessionsFile(ROWS);
  const invalid = sessionsFile(ROWS, () => ({ "input_urls-a": "udp://239.1.1.1:99999" }));
  const tables = await readTables(bare, ["sessions", "playbacks", "changes"]);
  const before = () => clear(installation);
  const imports = await alternate(ROUNDS, {
    copy: { before, work: () => copyIn(bare, tables) },
    import: { before, work: () => importFile(installation, valid) },
    errors: { before, work: () => importFile(installation, invalid) },
  });
  report(
    "import of 10,000 rows / COPY of the same",
    imports.import / imports.copy,
    2,
    `${milliseconds(imports.import)} / ${milliseconds(imports.copy)}, ${statements} statements`,
  );
  report(
    "import of 10,000 wrong rows / valid rows",
    imports.errors / imports.import,
    1,
    `${milliseconds(imports.errors)} / ${milliseconds(imports.import)}`,
  );
}

async function benchMemory(installation: Installation): Promise<void> {
  await clear(installation);
  const large = sessionsFile(19_000, (index) => ({ description: `${index} ${"x".repeat(960)}` }));
  const imported = await extraMegabytesOf(() => importFile(installation, large));
  report(`MB beyond before, import of ${megabytes(large.length).toFixed(1)} MB`, imported, 200, "of the whole process");
  await clear(installation);
  for (let file = 0; file < LONG_EXPORT_ROWS / CSV_ROW_LIMIT; file += 1) {
    await importValid(
      installation,
      sessionsFile(CSV_ROW_LIMIT, (index) => ({ name: `Channel ${file} ${index}` })),
    );
  }
  const streamed = await streamElsewhere(installation);
  report(
    "MB beyond before, streamed export of 100,000 sessions",
    streamed.extraMegabytes,
    50,
    `${megabytes(streamed.length).toFixed(1)} MB in ${milliseconds(streamed.milliseconds)}`,
  );
}

/** In a process of its own: this one has grown by then. */
async function streamElsewhere({ address, context }: Installation): Promise<StreamReport> {
  const task: StreamTask = { address, organizationId: context.actor.organizationId };
  const child = fork(fileURLToPath(new URL("stream-process.js", import.meta.url)), { execArgv: ["--expose-gc"] });
  child.send(task);
  const [told] = (await once(child, "message")) as [StreamReport];
  return told;
}

async function importValid(installation: Installation, bytes: Buffer): Promise<void> {
  const result = await importFile(installation, bytes);
  if (!result.imported) throw new Error(`The import was refused: ${JSON.stringify(result.errors.slice(0, 3))}`);
}

async function importFile({ context }: Installation, bytes: Buffer): Promise<CsvImportResult> {
  return importSessionsCsv(context, { file: uploadOf(bytes), dryRun: false });
}

async function clear({ context }: Installation): Promise<void> {
  await context.database.executor.execute(sql`truncate sessions, changes cascade`);
}

function milliseconds(value: number): string {
  return `${Math.round(value)} ms`;
}
