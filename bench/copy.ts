import type { Readable } from "node:stream";
import type { Sql } from "postgres";

/** Everything that a query gives, by COPY through the bare driver. */
export async function copyOut(bare: Sql, query: string): Promise<Buffer> {
  const stream: Readable = await bare.unsafe(`copy (${query}) to stdout`).readable();
  // The driver stops reading its socket where a reader is slower, and forgets to go on once the copy is over.
  (stream as unknown as { _readableState: { highWaterMark: number } })._readableState.highWaterMark = Number.MAX_SAFE_INTEGER;
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface TableData {
  readonly table: string;
  readonly columns: string;
  readonly data: Buffer;
}

/** The rows of tables as COPY reads them, with every column that is not given out by the database. */
export async function readTables(bare: Sql, tables: readonly string[]): Promise<readonly TableData[]> {
  const read: TableData[] = [];
  for (const table of tables) {
    const [row] = await bare.unsafe<{ columns: string }[]>(
      `select string_agg(column_name, ', ' order by ordinal_position) as columns from information_schema.columns
       where table_schema = 'public' and table_name = '${table}' and is_identity = 'NO' and column_name <> 'transaction'`,
    );
    const columns = row?.columns ?? "";
    read.push({ table, columns, data: await copyOut(bare, `select ${columns} from ${table}`) });
  }
  return read;
}

/** The same rows written by COPY, one for each table, in one transaction. */
export async function copyIn(bare: Sql, tables: readonly TableData[]): Promise<void> {
  await bare.begin(async (transaction) => {
    for (const { table, columns, data } of tables) {
      const stream = await transaction.unsafe(`copy ${table} (${columns}) from stdin`).writable();
      await new Promise<void>((resolve, reject) => {
        stream.on("error", reject);
        stream.end(data, resolve);
      });
    }
  });
}
