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
  /** One sentence for each that is not there, or that nobody would find. */
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
  const told = tellAddresses(options, { rtmp, srt });
  return {
    rtmp,
    srt,
    addresses: told.addresses,
    missing: [...missing, ...told.missing],
    async close() {
      await Promise.all([rtmp?.close(), srt?.close()]);
    },
  };
}

/** Those of the servers, with their addresses, whose input can be run here: nobody is sent to one that could let nobody in. */
export function usablePushServers(
  { rtmp, srt, addresses }: PushServers,
  { supportedInputs }: Pick<SupportedTypes, "supportedInputs">,
): Pick<PushServers, "rtmp" | "srt" | "addresses"> {
  const usesRtmp = supportedInputs.includes("RTMP_PUSH");
  const usesSrt = supportedInputs.includes("SRT_PUSH");
  const isUsed = ([protocol]: readonly [string, string]): boolean => (protocol === "srt" ? usesSrt : usesRtmp);
  return {
    rtmp: usesRtmp ? rtmp : null,
    srt: usesSrt ? srt : null,
    addresses: Object.fromEntries(Object.entries(addresses).filter(isUsed)),
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

/** Where senders reach what is there. Whoever listens everywhere and names no host has not said how it is reached. */
export function tellAddresses(
  { host, ingestHost }: Pick<PushServersOptions, "host" | "ingestHost">,
  { rtmp, srt }: { readonly rtmp: Pick<RtmpServer, "port" | "tlsPort"> | null; readonly srt: Pick<SrtFront, "port"> | null },
): Pick<PushServers, "addresses" | "missing"> {
  const isUnknown = ingestHost === null && (host === "0.0.0.0" || host === "::");
  const named = isUnknown ? LOOPBACK : (ingestHost ?? host);
  const shown = named.includes(":") ? `[${named}]` : named;
  return {
    addresses: {
      ...(rtmp && { rtmp: `rtmp://${shown}:${rtmp.port}/live` }),
      ...(rtmp && rtmp.tlsPort !== null && { rtmps: `rtmps://${shown}:${rtmp.tlsPort}/live` }),
      ...(srt && { srt: `srt://${shown}:${srt.port}` }),
    },
    missing: isUnknown && (rtmp ?? srt) ? [UNKNOWN_HOST] : [],
  };
}

const LOOPBACK = "127.0.0.1";
const UNKNOWN_HOST = `Ingest URLs say ${LOOPBACK}, where only senders of this machine find us: HEADEND_INGEST_HOST is to name the host that others push to.`;
