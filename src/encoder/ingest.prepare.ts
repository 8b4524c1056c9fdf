import { AddressRefused, NotReached, resolveOrThrow, type NetworkAccess } from "../network/connect.ts";
import { addressKind } from "../network/address.rules.ts";
import { openEgressProxy } from "../network/egress-proxy.ts";
import { inBrackets, pinAddress } from "../network/pin-address.ts";
import { openRelay, type Relay } from "../network/relay.ts";
import { listOwnAddresses } from "../network/resolve.ts";
import { refuseRtspRedirects } from "../network/rtsp-redirects.ts";
import { parseUrl, type ParsedUrl } from "../network/url.parser.ts";
import { InputType } from "../sessions/session.rules.ts";
import { DASH_HOST, openDashView } from "./dash-view.ts";
import { HLS_HOST, HLS_VIEW_URL, openHlsCueView } from "./hls-cue-view.ts";
import type { InputCue } from "./hls-cues.rules.ts";
import { masterPlaylist } from "./hls-playlist.rules.ts";
import { readHlsSource } from "./hls-source.ts";
import { planHls, planMulticast, planRtmp, planRtsp, planSocket, planSrt, type IngestPlan, type IngestSource } from "./ingest.arguments.ts";

/** Why an input does not come in, as a sentence. */
export interface IngestProblem {
  readonly message: string;
  readonly isAddressRefused: boolean;
}

export interface PreparedIngest {
  readonly plan: IngestPlan;
  /** Ends what was opened for it. Idempotent. */
  readonly release: () => void;
}

export interface PrepareOptions {
  readonly access: NetworkAccess;
  readonly signal: AbortSignal;
  /** While it runs: something that it wanted to reach was refused, or ended. */
  readonly onProblem: (problem: IngestProblem) => void;
  /** Left out where the cues of HLS inputs are not wanted. */
  readonly onCue?: (cue: InputCue) => void;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { rtsp: 554, rtsps: 322, rtmp: 1935, rtmps: 443 };

/**
 * Makes ready for one attempt to take an input in. Every address is looked up and checked now; names that can lead elsewhere a
 * moment later go no further than this: processes get addresses, or a proxy or relay of ours that checks each connection.
 * Throws `AddressRefused` and `NotReached`.
 */
export async function prepareIngest(source: IngestSource, options: PrepareOptions): Promise<PreparedIngest> {
  const reading = parseUrl(source.url);
  if ("problem" in reading) throw new NotReached(reading.problem.message);
  const { url } = reading;
  const { access } = options;
  switch (source.type) {
    case InputType.MULTICAST_PULL:
    case InputType.RTP_PULL:
      return { plan: await planDatagrams(source, url, access), release: () => undefined };
    case InputType.SRT_PULL:
      return { plan: planSrt(source, await pinAddress(source.url, access.resolve)), release: () => undefined };
    case InputType.HLS_PULL:
      return prepareHls(source, options);
    case InputType.DASH_PULL:
      return prepareDash(source, options);
    case InputType.RTSP_PULL: {
      const relay = await relayTo(url, options);
      return { plan: planRtsp(source, relay.port), release: relay.close };
    }
    case InputType.RTMP_PULL: {
      const relay = await relayTo(url, options);
      return { plan: planRtmp(source, relay.port), release: relay.close };
    }
    default:
      throw new NotReached(`Inputs of the type ${source.type} cannot be pulled.`);
  }
}

/**
 * A group is joined. Where the URL names one machine, an address of ours is the one to listen on, and any other is the sender,
 * whose packets alone are taken.
 */
async function planDatagrams(source: IngestSource, url: ParsedUrl, access: NetworkAccess): Promise<IngestPlan> {
  const addresses = await resolveOrThrow(hostOf(url), access.resolve);
  if (url.host.kind === "ADDRESS" && addressKind(url.host.address).includes("MULTICAST")) return planMulticast(source);
  const own = new Set(["127.0.0.1", "::1", ...listOwnAddresses()]);
  const bindAddress = addresses.find((address) => own.has(address)) ?? null;
  return planSocket({ bindAddress, port: url.port ?? 0, senders: bindAddress === null ? addresses : null });
}

async function prepareHls(source: IngestSource, { access, signal, onProblem, onCue }: PrepareOptions): Promise<PreparedIngest> {
  const hls = await readHlsSource(source.url, { access, signal });
  const onRefused = (message: string): void => onProblem({ message, isAddressRefused: true });
  const { mediaUrl } = hls;
  if (!onCue || mediaUrl === null) {
    const proxy = await openEgressProxy({ access, onRefused });
    return { plan: planHls(source, hls, proxy.url), release: proxy.close };
  }
  const onViewProblem = (error: unknown): void => (error instanceof AddressRefused ? onRefused(error.message) : undefined);
  const answer = openHlsCueView({ url: mediaUrl, access, signal, onCue, onProblem: onViewProblem });
  const proxy = await openEgressProxy({ access, onRefused, own: { host: HLS_HOST, answer } });
  const own = { ...hls, script: masterPlaylist(HLS_VIEW_URL, hls.audioUrl), mediaUrl: null };
  return { plan: planHls(source, own, proxy.url), release: proxy.close };
}

async function prepareDash(source: IngestSource, { access, signal, onProblem }: PrepareOptions): Promise<PreparedIngest> {
  const onRefused = (message: string): void => onProblem({ message, isAddressRefused: true });
  const view = await openDashView(source.url, {
    ...{ access, signal },
    // What is only not there for a moment shows in silence, if it lasts.
    onProblem: (error) => (error instanceof AddressRefused ? onRefused(error.message) : undefined),
  });
  const proxy = await openEgressProxy({ access, onRefused, own: { host: DASH_HOST, answer: view.answer } });
  return { plan: planHls(source, view.source, proxy.url), release: proxy.close };
}

/** To the server of the URL, which is looked up now so that what is wrong is known at once, and again as it is connected to. */
async function relayTo(url: ParsedUrl, { access, onProblem }: PrepareOptions): Promise<Relay> {
  await resolveOrThrow(hostOf(url), access.resolve);
  const target = { host: hostOf(url), port: url.port ?? DEFAULT_PORTS[url.scheme] ?? 0, isTls: url.scheme.endsWith("s") };
  return openRelay({ target, access, onProblem, ...(url.scheme.startsWith("rtsp") ? { inspect: refuseRtspRedirects } : {}) });
}

function hostOf({ host }: ParsedUrl): string {
  return host.kind === "NAME" ? host.name : inBrackets(host.address);
}

/** What became of an attempt that could not be made ready. */
export function problemOf(error: unknown): IngestProblem {
  if (error instanceof AddressRefused) return { message: error.message, isAddressRefused: true };
  return { message: error instanceof NotReached ? error.message : "The input could not be prepared.", isAddressRefused: false };
}
