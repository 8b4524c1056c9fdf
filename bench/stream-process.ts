// Streams an export of everything and tells by how much this process grew.
import { once } from "node:events";
import { openDatabase } from "../src/database/client.ts";
import type { SocketAddress } from "../src/database/embedded-postgres.ts";
import { streamSessionsCsv } from "../src/imports/export-sessions-csv.ts";
import { createLog } from "../src/shared/log.ts";
import { benchContext } from "./installation.ts";
import { extraMegabytesOf } from "./measure.ts";

export interface StreamTask {
  readonly address: SocketAddress;
  readonly organizationId: string;
}

export interface StreamReport {
  readonly extraMegabytes: number;
  /** Of the file. */
  readonly length: number;
  readonly milliseconds: number;
}

const [task] = (await once(process, "message")) as [StreamTask];
const context = benchContext(openDatabase({ address: task.address, log: createLog({ level: "silent" }) }), task.organizationId);
const start = performance.now();
let length = 0;
const extraMegabytes = await extraMegabytesOf(async () => {
  for await (const part of streamSessionsCsv(context, { selection: null, includeSecrets: false })) length += part.length;
});
const told: StreamReport = { extraMegabytes, length, milliseconds: performance.now() - start };
process.send?.(told, () => process.exit(0));
