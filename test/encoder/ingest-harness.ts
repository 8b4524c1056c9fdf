import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createDatagramReceiver } from "../../src/encoder/datagram-receiver.ts";
import { Ingest, type IngestOptions } from "../../src/encoder/ingest.ts";
import { createPatientClock } from "../../src/encoder/patient-clock.ts";
import { openProcessRecords } from "../../src/encoder/process-record.ts";
import { resolveAllowed } from "../../src/network/resolve.ts";
import type { NetworkAccess } from "../../src/network/connect.ts";
import { mediaCapabilities, probe } from "../support/media.ts";

/** May reach this machine, as tests do. */
export const LOOPBACK_ACCESS: NetworkAccess = { resolve: (host) => resolveAllowed(host, { allowedNetworks: ["127.0.0.0/8", "::1/128"] }) };

export interface RunningIngest {
  readonly ingest: Ingest;
  readonly starts: () => number;
  readonly bytes: () => Buffer;
  readonly state: () => ReturnType<Ingest["state"]>;
  /** What ffprobe says of all bytes that came since the newest start. */
  readonly probe: () => ReturnType<typeof probe>;
  readonly file: () => string;
}

/** Opens ingests of their own, as a session does, and closes them all in the end. */
export async function openIngestBench() {
  const root = mkdtempSync(join(tmpdir(), "headend-ingest-"));
  const { ffmpegPath, setprivPath } = await mediaCapabilities();
  const log = pino({ level: "silent" });
  const host = { setprivPath, records: openProcessRecords(join(root, "processes"), log) };
  const datagrams = createDatagramReceiver({ log });
  const clock = createPatientClock(600);
  const running: Ingest[] = [];
  const timer = setInterval(() => {
    clock.tick();
    running.forEach((ingest) => ingest.watch(clock.now()));
  }, 200);

  function start(source: Pick<IngestOptions["source"], "type" | "url">, own: Partial<IngestOptions> = {}): RunningIngest {
    let pieces: Buffer[] = [];
    let starts = 0;
    const ingest = new Ingest({
      ...{ host, ffmpegPath: ffmpegPath ?? "ffmpeg", datagrams, clock, streamRemap: [], access: LOOPBACK_ACCESS },
      source: { srtPassphrase: null, multicastInterface: "127.0.0.1", ...source },
      onStart: () => {
        starts += 1;
        pieces = [];
      },
      onBytes: (chunk) => pieces.push(chunk),
      ...own,
    });
    const path = join(root, `${running.length}.ts`);
    running.push(ingest);
    const file = (): string => {
      writeFileSync(path, Buffer.concat(pieces));
      return path;
    };
    return {
      ingest,
      starts: () => starts,
      bytes: () => Buffer.concat(pieces),
      state: () => ingest.state(clock.now()),
      // Sound may come a second before the first picture from which a decoder can start.
      probe: () => probe(file(), 4),
      file,
    };
  }

  return {
    start,
    async close() {
      await Promise.all(running.map((ingest) => ingest.close()));
      await datagrams.close();
      clearInterval(timer);
      rmSync(root, { recursive: true, force: true });
    },
  };
}
