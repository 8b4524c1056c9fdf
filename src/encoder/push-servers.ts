import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { startRtmpServer, type RtmpServer } from "../rtmp/rtmp-server.ts";
import { SrtFront } from "../srt/srt-front.ts";
import type { Logger } from "../shared/log.ts";
import type { IngestAddresses, SupportedTypes } from "./encoder.rules.ts";

export interface PushServersOptions {
  /** The address to listen on. */
  readonly host: string;
  /** The host that ingest URLs say; null for the one listened on. */
  readonly ingestHost: string | null;
  /** Null here and below: not served; 0 takes any free port. */
  readonly rtmpPort: number | null;
  readonly rtmpsPort: number | null;
  readonly srtPort: number | null;
  /** Paths of PEM files; RTMPS wants both. */
  readonly tlsCertificateFile: string | null;
  readonly tlsKeyFile: string | null;
  readonly log: Logger;
}

/** What senders push to: one for each protocol and encoder process, whatever the number of sessions. */
export interface PushServers {
  readonly rtmp: RtmpServer | null;
  readonly srt: SrtFront | null;
  readonly addresses: IngestAddresses;
  /** One sentence for each that is not there. */
  readonly missing: readonly string[];
  readonly close: () => Promise<void>;
}

/** A port that cannot be had leaves its protocol out and is told; everything else goes on. */
export async function openPushServers(options: PushServersOptions): Promise<PushServers> {
  const missing: string[] = [];
  const attempt = async <T>(type: string, variable: string, open: () => Promise<T | null>): Promise<T | null> => {
    try {
      const opened = await open();
      if (opened === null) missing.push(`${variable} is off, so ${type} cannot run.`);
      return opened;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      options.log.debug({ err: error }, `${type} inputs cannot be taken`);
      missing.push(`${type} cannot run: ${why} (${variable}).`);
      return null;
    }
  };
  const rtmp = await attempt("RTMP_PUSH", "HEADEND_RTMP_PORT", () => openRtmp(options));
  const srt = await attempt("SRT_PUSH", "HEADEND_SRT_PORT", () => openSrt(options));
  return {
    rtmp,
    srt,
    missing,
    addresses: addressesOf(options.ingestHost ?? shownHost(options.host), { rtmp, srt }),
    async close() {
      await Promise.all([rtmp?.close(), srt?.close()]);
    },
  };
}

/** What this encoder can run with the servers that it has. */
export function withPushServers<T extends SupportedTypes>(capabilities: T, { rtmp, srt, missing }: PushServers): T {
  return {
    ...capabilities,
    supportedInputs: capabilities.supportedInputs.filter(
      (type) => (type !== "RTMP_PUSH" || rtmp !== null) && (type !== "SRT_PUSH" || srt !== null),
    ),
    missing: [...capabilities.missing, ...missing],
  };
}

async function openRtmp({
  host,
  rtmpPort,
  rtmpsPort,
  tlsCertificateFile,
  tlsKeyFile,
  log,
}: PushServersOptions): Promise<RtmpServer | null> {
  if (rtmpPort === null) return null;
  const hasTls = rtmpsPort !== null && tlsCertificateFile !== null && tlsKeyFile !== null;
  const tls = hasTls
    ? { port: rtmpsPort, certificate: await readFile(tlsCertificateFile, "utf8"), privateKey: await readFile(tlsKeyFile, "utf8") }
    : null;
  return startRtmpServer({ host, port: rtmpPort, tls, log });
}

async function openSrt({ host, srtPort }: PushServersOptions): Promise<SrtFront | null> {
  if (srtPort === null) return null;
  const { address } = await lookup(host === "::" ? "0.0.0.0" : host, { family: 4 });
  return SrtFront.open({ host: address, port: srtPort });
}

/** Whoever listens everywhere has said nothing about how it is reached. */
function shownHost(host: string): string {
  return host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
}

function addressesOf(host: string, { rtmp, srt }: Pick<PushServers, "rtmp" | "srt">): IngestAddresses {
  const shown = host.includes(":") ? `[${host}]` : host;
  return {
    ...(rtmp && { rtmp: `rtmp://${shown}:${rtmp.port}/live` }),
    ...(rtmp && rtmp.tlsPort !== null && { rtmps: `rtmps://${shown}:${rtmp.tlsPort}/live` }),
    ...(srt && { srt: `srt://${shown}:${srt.port}` }),
  };
}
