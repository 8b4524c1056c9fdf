import { sql } from "drizzle-orm";
import { Upload } from "../src/graphql/upload.ts";
import { exportSessionsCsv } from "../src/imports/export-sessions-csv.ts";
import { importSessionsCsv } from "../src/imports/import-sessions-csv.ts";
import { copyIn, copyOut, readTables } from "./copy.ts";
import { sessionsFile } from "./files.ts";
import { openBenchInstallation } from "./installation.ts";
import { alternate, report } from "./measure.ts";

const ROWS = 10_000;
const ROUNDS = 5;

/** Imports and exports of 10,000 sessions against bare COPY of the same rows, and the memory of an import of 20 MB. */
export async function benchCsv(): Promise<void> {
  let statements = 0;
  const { context, bare, close } = await openBenchInstallation(() => (statements += 1));
  const valid = sessionsFile(ROWS);
  const invalid = sessionsFile(ROWS, () => ({ "input_urls-a": "udp://239.1.1.1:99999" }));
  const clear = () => context.database.executor.execute(sql`truncate sessions, changes cascade`);
  const importFile = (bytes: Buffer) => importSessionsCsv(context, { file: uploadOf(bytes), dryRun: false });

  statements = 0;
  const first = await importFile(valid);
  if (!first.imported) throw new Error(`The import was refused: ${JSON.stringify(first.errors.slice(0, 3))}`);
  const importStatements = statements;
  const tables = await readTables(bare, ["sessions", "playbacks", "changes"]);
  const columns =
    "s.name, s.input_type, p.type, p.name as output_name, t.name as template_name, s.description, s.url_a, s.url_b, s.recovery_interval_seconds, s.error_threshold_percent, s.hls_scte35_passthrough_enabled, s.slates_enabled, s.srt_encryption_enabled, p.hls_enabled, p.dash_enabled, p.service_provider, p.program_number, p.file_format, p.max_file_duration_seconds, p.urls";
  const query = `select ${columns} from sessions s left join playbacks p on p.session_id = s.id left join templates t on t.id = p.template_id order by s.name_order, s.id`;
  const exports = await alternate(ROUNDS, {
    copy: { work: () => copyOut(bare, query) },
    export: { work: () => exportSessionsCsv(context, { selection: null, includeSecrets: false }) },
  });
  const imports = await alternate(ROUNDS, {
    copy: { before: clear, work: () => copyIn(bare, tables) },
    import: { before: clear, work: () => importFile(valid) },
    errors: { before: clear, work: () => importFile(invalid) },
  });
  const milliseconds = (value: number) => `${Math.round(value)} ms`;
  report(
    "import of 10,000 rows / COPY of the same",
    imports.import / imports.copy,
    2,
    `${milliseconds(imports.import)} / ${milliseconds(imports.copy)}, ${importStatements} statements`,
  );
  report(
    "import of 10,000 wrong rows / valid rows",
    imports.errors / imports.import,
    1,
    `${milliseconds(imports.errors)} / ${milliseconds(imports.import)}`,
  );
  report(
    "export of 10,000 rows / COPY to stdout",
    exports.export / exports.copy,
    2,
    `${milliseconds(exports.export)} / ${milliseconds(exports.copy)}`,
  );
  await clear();
  const large = sessionsFile(19_000, (index) => ({ description: `${index} ${"x".repeat(960)}` }));
  const extra = await extraMemoryOf(() => importFile(large));
  report(
    `MB of memory beyond before, import of ${(large.length / 1024 / 1024).toFixed(1)} MB`,
    extra / 1024 / 1024,
    200,
    "of the whole process",
  );
  await close();
}

/** A file that comes in as a socket gives it. */
function uploadOf(bytes: Buffer): Upload {
  return new Upload(async function* () {
    for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536);
  });
}

async function extraMemoryOf(work: () => Promise<unknown>): Promise<number> {
  (globalThis as { gc?: () => void }).gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 10);
  await work();
  clearInterval(watch);
  return most - before;
}
